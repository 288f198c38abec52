"""The panel of a step in the builder: its values are what is saved, and an error appears beside its field."""

from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import PHONE, signed_in
from tests.e2e.conftest import watched
from tests.e2e.screens import serious_faults
from tests.e2e.workspace import call

INTRO: dict[str, Any] = {
    "key": "intro",
    "name": "First note",
    "type": "email",
    "config": {"subject": "Hello", "body_text": "Hi"},
}
CHECK: dict[str, Any] = {
    "key": "check",
    "name": "Any interest?",
    "type": "condition",
    "config": {
        "branches": [
            {"if": {"any": [{"if_clicked": {"step": "intro"}}, {"not": "if_opened"}]}, "then": {"goto": "pause"}}
        ],
    },
}
PAUSE: dict[str, Any] = {"key": "pause", "name": "Some rest", "type": "delay", "config": {"days": 3}}
TELL: dict[str, Any] = {
    "key": "tell",
    "name": "Tell us",
    "type": "action",
    "config": {"action": "update_status", "status": "warm"},
}
WAIT: dict[str, Any] = {
    "key": "wait",
    "name": "A reply",
    "type": "wait_for",
    "config": {"event": "replied", "timeout_days": 2},
}
STEPS = [INTRO, CHECK, PAUSE, TELL, WAIT]


async def made(http: httpx.AsyncClient) -> str:
    return (await call(http.post("/sequences", json={"name": "Panel", "steps": STEPS})))["id"]


async def saved(http: httpx.AsyncClient, sequence_id: str) -> dict[str, Any]:
    steps = (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]
    return {step["key"]: step["config"] for step in steps}


async def open_step(page: Page, sequence_id: str, name: str) -> None:
    await page.goto(f"/app/sequences/{sequence_id}")
    await page.get_by_role("group").filter(has_text=name).first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name", exact=True)).to_have_value(name)


async def save(page: Page, sequence_id: str) -> None:
    async with page.expect_response(f"**/sequences/{sequence_id}/steps") as answer:
        await page.get_by_role("button", name="Save", exact=True).click()
    assert (await answer.value).ok


async def test_an_email_is_written_and_previewed_for_a_lead(page: Page, http: httpx.AsyncClient) -> None:
    await call(http.post("/leads", json={"email": "ada@acme.example", "first_name": "Ada"}))
    sequence_id = await made(http)
    await open_step(page, sequence_id, "First note")
    subject = page.get_by_label("Subject", exact=True)
    await subject.fill("{{ first_nam }}")
    await expect(page.get_by_text("There is no field first_nam").first).to_be_visible()
    await subject.fill("For ")
    # By keyboard alone: the menu of fields, its first entry, and another fallback instead of the proposed one.
    await page.get_by_role("button", name="Insert a field into: Subject").press("Enter")
    await expect(page.get_by_role("menuitem", name="First name")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(subject).to_be_focused()
    await page.keyboard.type("you")
    await expect(subject).to_have_value('For {{ first_name | default: "you" }}')
    await expect(page.get_by_role("article").get_by_text("For Ada")).to_be_visible()
    await save(page, sequence_id)
    assert (await saved(http, sequence_id))["intro"] == {
        **INTRO["config"],
        "subject": 'For {{ first_name | default: "you" }}',
    }


async def test_a_condition_keeps_the_parts_that_are_not_edited(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    await open_step(page, sequence_id, "Any interest?")
    await page.get_by_role("button", name="Add a branch").click()
    second = page.get_by_role("listitem", name="Branch 2")
    await second.get_by_label("Condition", exact=True).select_option("A field of the lead…")
    await second.get_by_label("Field of the lead").fill("custom.seats")
    await second.get_by_label("Comparison").select_option("gte")
    await second.get_by_label("Value", exact=True).fill("50")
    await second.get_by_label("Then").select_option("stop")
    await second.get_by_label("Reason").fill("large")
    await save(page, sequence_id)
    branches = (await saved(http, sequence_id))["check"]["branches"]
    assert branches == [
        *CHECK["config"]["branches"],
        {"if": {"field": "custom.seats", "op": "gte", "value": 50}, "then": {"stop": True, "reason": "large"}},
    ]


async def test_the_panel_of_each_type_is_accessible(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    sequence_id = await made(http)
    faults: list[str] = []
    async with (
        signed_in(browser, run, size=PHONE, theme="dark", inspected=True) as context,
        watched(await context.new_page()) as page,
    ):
        for step in STEPS:
            await open_step(page, sequence_id, str(step["name"]))
            faults += [f"{step['key']}: {fault}" for fault in await serious_faults(page, "aside")]
    assert faults == []
