"""The builder: changes on the canvas are saved, nothing is lost without a question, publishing first shows its
effect."""

from typing import Any

import httpx
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browser import PHONE, signed_in
from tests.e2e.building import Builder
from tests.e2e.conftest import watched
from tests.e2e.screens import serious_faults
from tests.e2e.workspace import call


def email(key: str, name: str) -> dict[str, Any]:
    return {"key": key, "name": name, "type": "email", "config": {"subject": "Hello", "body_text": "Hi"}}


REST: dict[str, Any] = {"key": "rest", "name": "Some rest", "type": "delay", "config": {"days": 3}}
STEPS = [email("first", "First note"), REST, email("last", "Last note")]


async def made(http: httpx.AsyncClient, *, active: bool = False) -> str:
    sequence_id = (await call(http.post("/sequences", json={"name": "Built", "steps": STEPS})))["id"]
    if active:
        await call(http.put(f"/sequences/{sequence_id}", json={"status": "active"}))
    return sequence_id


async def keys(http: httpx.AsyncClient, sequence_id: str) -> list[str]:
    return [step["key"] for step in (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]]


def node(page: Page, name: str) -> Locator:
    return page.locator(".react-flow__node-step").filter(has_text=name)


async def opened(page: Page, sequence_id: str) -> None:
    await page.goto(f"/app/sequences/{sequence_id}")
    await expect(node(page, "Last note")).to_be_visible()


async def save(page: Page) -> None:
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Unsaved")).to_have_count(0)


async def test_steps_are_added_moved_deleted_and_restored_by_keyboard(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    await opened(page, sequence_id)
    await page.get_by_role("button", name="Action", exact=True).press("Enter")
    await expect(page.locator(".react-flow__node-step")).to_have_count(4)
    await node(page, "Some rest").focus()
    await page.keyboard.press("ArrowUp")
    await expect(node(page, "First note")).to_be_focused()
    await page.keyboard.press("Alt+ArrowDown")
    await page.keyboard.press("Delete")
    await expect(page.locator(".react-flow__node-step")).to_have_count(3)
    await page.keyboard.press("Control+z")
    await save(page)
    assert await keys(http, sequence_id) == ["rest", "first", "last", "action"]


async def test_a_step_keeps_the_position_to_which_it_was_dragged(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    await opened(page, sequence_id)
    await Builder(page).move("Some rest", right=-260, down=20)
    await expect(page.get_by_text("Unsaved")).to_be_visible()
    place = await node(page, "Some rest").get_attribute("style")
    await save(page)
    await opened(page, sequence_id)
    assert await node(page, "Some rest").get_attribute("style") == place


async def test_a_branch_gets_another_target_in_the_list_view(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    check = {"key": "check", "type": "condition", "config": {"branches": [{"if": "opened", "then": {"stop": True}}]}}
    await call(http.post(f"/sequences/{sequence_id}/steps", json={**check, "position": 2}))
    await opened(page, sequence_id)
    await page.get_by_role("button", name="As a list").click()
    await page.get_by_label("Opened: leads to").select_option(label="Last note")
    await save(page)
    steps = (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]
    assert steps[1]["config"]["branches"] == [{"if": "opened", "then": {"goto": "last"}}]


async def test_a_conflicting_save_and_unsaved_changes_ask_first(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    sequence_id = await made(http)
    async with signed_in(browser, run, inspected=True) as context, watched(await context.new_page(), ("409",)) as page:
        await opened(page, sequence_id)
        await page.get_by_role("button", name="Action", exact=True).click()
        await call(http.put(f"/sequences/{sequence_id}/steps/rest", json={"name": "Their rest"}))
        await page.keyboard.press("Control+s")
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("Their rest")).to_be_visible()
        assert await serious_faults(page) == []
        await dialog.get_by_role("button", name="Decide later").click()
        assert await keys(http, sequence_id) == ["first", "rest", "last"]
        await page.get_by_role("link", name="To the sequences").click()
        await page.get_by_role("button", name="Stay").click()
        await page.keyboard.press("Control+s")
        await page.get_by_role("button", name="Overwrite theirs").click()
        await expect(page.get_by_text("Unsaved")).to_have_count(0)
    assert await keys(http, sequence_id) == ["first", "rest", "last", "action"]


async def test_publishing_shows_its_effect_first(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http, active=True)
    await opened(page, sequence_id)
    await node(page, "Some rest").focus()
    await page.keyboard.press("Delete")
    await page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("removed")).to_be_visible()
    assert (await call(http.get(f"/sequences/{sequence_id}")))["current_version"] == 1
    await dialog.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Published as version 2.")).to_be_visible()
    assert (await call(http.get(f"/sequences/{sequence_id}")))["current_version"] == 2


async def test_an_unfinished_step_is_saved_and_reported(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    await opened(page, sequence_id)
    await page.get_by_role("button", name="Email", exact=True).click()
    await expect(page.get_by_role("button", name="1 problem")).to_be_visible()
    await expect(page.get_by_role("button", name="Activate")).to_be_disabled()
    await save(page)
    assert await keys(http, sequence_id) == ["first", "rest", "last", "email"]


async def test_the_builder_works_on_a_phone(browser: Browser, run: dict[str, Any], http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    async with (
        signed_in(browser, run, size=PHONE, inspected=True) as context,
        watched(await context.new_page()) as page,
    ):
        await opened(page, sequence_id)
        await page.get_by_role("button", name="Wait", exact=True).click()
        await expect(page.get_by_role("complementary", name="Step Wait")).to_be_visible()
        assert await serious_faults(page) == []
        await page.get_by_role("button", name="Back to the canvas").click()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        await save(page)
    assert await keys(http, sequence_id) == ["first", "rest", "last", "wait"]
