"""A day's work without a mouse: open the builder, add a step and a branch, undo and redo, save, enroll a lead."""

from typing import Any

import httpx
from playwright.async_api import Page, expect

from tests.e2e.building import Builder
from tests.e2e.keyboard import Keyboard
from tests.e2e.workspace import call

STEPS: list[dict[str, Any]] = [
    {"key": "intro", "name": "First note", "type": "email", "config": {"subject": "Hello", "body_text": "Hi"}},
    {
        "key": "check",
        "name": "Seen?",
        "type": "condition",
        "config": {"branches": [{"if": "opened", "then": {"continue": True}}], "else": {"continue": True}},
    },
    {"key": "rest", "name": "Some rest", "type": "delay", "config": {"days": 3}},
]


async def test_a_sequence_is_built_and_a_lead_enrolled_by_keyboard(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = (await call(http.post("/sequences", json={"name": "By keys", "steps": STEPS})))["id"]
    await call(http.post("/leads", json={"email": "ada@acme.example", "first_name": "Ada"}))
    keys, builder = Keyboard(page), Builder(page)
    await page.goto("/app/sequences")
    await _a_dialog_returns_the_focus(page, keys)
    await keys.use(page.get_by_role("link", name="By keys"))
    await expect(builder.node("Some rest")).to_be_visible()
    await _write_a_step(builder, keys)
    await _connect_a_branch_to_it(builder, keys)

    await keys.press("Control+z")
    await expect(page.get_by_role("button", name="Redo: Edit Seen?")).to_be_visible()
    await keys.press("Control+Shift+z")
    await expect(page.get_by_role("button", name="Undo: Edit Seen?")).to_be_visible()
    await keys.press("Control+s")
    await expect(builder.unsaved).to_be_hidden()
    steps = (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]
    assert [step["name"] for step in steps] == ["First note", "Seen?", "Some rest", "Last note"]
    assert steps[1]["config"]["branches"][0]["then"] == {"goto": steps[3]["key"]}
    assert (steps[3]["config"]["subject"], steps[3]["config"]["body_text"]) == ("A last word", "Goodbye")

    await keys.use(page.get_by_role("button", name="Activate"))
    await expect(page.get_by_text("active", exact=True)).to_be_visible()
    await _enroll_one_lead(page, keys)
    (enrollment,) = (await call(http.get("/enrollments")))["items"]
    assert enrollment["sequence_id"] == sequence_id


async def _a_dialog_returns_the_focus(page: Page, keys: Keyboard) -> None:
    more = page.get_by_role("button", name="More for By keys")
    await keys.use(more)
    await expect(page.get_by_role("menu")).to_be_visible()
    settings = page.get_by_role("menuitem", name="Settings")
    while not await settings.evaluate("one => one === document.activeElement"):
        await keys.press("ArrowDown")
    await keys.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    for _ in range(40):  # Once around: nothing behind the dialog takes the focus.
        await keys.press("Tab")
        assert await dialog.evaluate("one => one.contains(document.activeElement)")
    await keys.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(more).to_be_focused()


async def _write_a_step(builder: Builder, keys: Keyboard) -> None:
    page, panel = builder.page, builder.panel
    await keys.use(page.get_by_role("button", name="Keyboard"))
    await expect(page.get_by_role("dialog")).to_be_visible()
    await keys.press("Escape")
    await expect(page.get_by_role("button", name="Keyboard")).to_be_focused()

    await keys.go_to(builder.kind("Email"), by="Shift+Tab")
    await keys.press("Enter")
    await expect(builder.node("Email")).to_be_focused()
    await keys.press("Enter")
    await keys.type_into(panel.get_by_role("textbox", name="Name", exact=True), "Last note")
    await keys.type_into(panel.get_by_role("textbox", name="Subject", exact=True), "A last word")
    await keys.type_into(panel.get_by_role("textbox", name="Text", exact=True), "Goodbye")
    await keys.press("Escape")
    await expect(builder.node("Last note")).to_be_focused()


async def _connect_a_branch_to_it(builder: Builder, keys: Keyboard) -> None:
    await keys.press("ArrowUp")
    await expect(builder.node("Some rest")).to_be_focused()
    await keys.press("ArrowUp")
    await expect(builder.node("Seen?")).to_be_focused()
    await keys.press("Enter")
    await keys.choose(builder.branch(1).get_by_role("combobox", name="Then"), "Go to 4. Last note")
    await keys.press("Escape")
    await expect(builder.node("Seen?")).to_be_focused()


async def _enroll_one_lead(page: Page, keys: Keyboard) -> None:
    await keys.go_to(page.get_by_role("link", name="Enroll"), by="Shift+Tab")
    await keys.press("Enter")
    await keys.use(page.get_by_role("checkbox", name="Select Ada"), "Space")
    await keys.use(page.get_by_role("button", name="Check 1 lead"))
    await keys.use(page.get_by_role("button", name="Enroll 1 lead"))
    await expect(page.get_by_role("status").filter(has_text="1 lead enrolled.")).to_be_visible()
