"""A step type that the server has and the web app does not: docs/extending.md adds one, and the builder shows it."""

import json
import os
import re
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import PHONE, signed_in
from tests.e2e.building import Builder
from tests.e2e.conftest import ROOT, watched
from tests.e2e.screens import serious_faults
from tests.e2e.workspace import call
from tests.integration.up.up_run import UpRun, dev_run

UNTIL: dict[str, Any] = {"key": "until", "name": "New year", "type": "wait_until", "config": {"day": "2099-01-01"}}
STEPS: list[dict[str, Any]] = [
    {"key": "intro", "name": "Hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hello"}},
    UNTIL,
    {"key": "done", "name": "Done", "type": "action", "config": {"action": "mark_qualified"}},
]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Generator[UpRun]:
    """`cadenza up --dev` whose processes know the step type `wait_until` of docs/extending.md.

    Python imports a module named `sitecustomize` when it starts: that defines the class, so that the step type is
    registered without a file in the source tree.
    """
    folder = tmp_path_factory.mktemp("extended")
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "extending.md").read_text("utf-8"), re.DOTALL)
    (example,) = (text for text in examples if '"wait_until"' in text)
    (folder / "sitecustomize.py").write_text(example, "utf-8")
    with dev_run(environment={"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}) as run:
        yield run


async def made(http: httpx.AsyncClient) -> str:
    return (await call(http.post("/sequences", json={"name": "Extended", "steps": STEPS})))["id"]


async def step_of(http: httpx.AsyncClient, sequence_id: str, key: str) -> dict[str, Any]:
    steps = (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]
    return next(step for step in steps if step["key"] == key)


async def test_its_config_is_edited_as_json_and_the_rest_of_it_is_kept(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    before = await step_of(http, sequence_id, "until")
    builder = Builder(page)
    await page.goto(f"/app/sequences/{sequence_id}")
    await builder.open("New year")
    await expect(builder.panel.get_by_text("Wait until").first).to_be_visible()
    config = builder.panel.get_by_role("textbox", name="Configuration")
    await expect(config).to_have_value(json.dumps(UNTIL["config"], indent=2))
    await config.fill('{"day": "soon"}')
    await expect(config).to_have_attribute("aria-invalid", "true")
    await config.fill('{"day": "2100-12-24"}')
    await expect(config).not_to_have_attribute("aria-invalid", "true")
    await builder.save()
    after = await step_of(http, sequence_id, "until")
    assert after["config"] == {"day": "2100-12-24"}
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"config", "updated_at"}


async def test_it_stays_as_it_is_when_other_steps_change(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    before = await step_of(http, sequence_id, "until")
    builder = Builder(page)
    await page.goto(f"/app/sequences/{sequence_id}")
    await builder.add_behind("New year", "Wait", "Rest", "rest")
    await page.get_by_role("button", name="As a list").click()
    row = page.get_by_role("listitem").filter(has_text="New year").first
    await expect(row).to_contain_text("Custom step: Wait until")
    await row.get_by_role("button", name="Move New year up").click()
    await builder.save()
    steps = (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]
    assert [step["key"] for step in steps] == ["until", "intro", "rest", "done"]
    assert steps[0]["id"] == before["id"]
    assert steps[0]["config"] == UNTIL["config"]


async def test_leads_that_stand_at_it_are_shown(page: Page, http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    await call(http.put(f"/sequences/{sequence_id}", json={"status": "active"}))
    lead = await call(http.post("/leads", json={"email": "ada@acme.example", "first_name": "Ada"}))
    await call(http.post("/leads/enroll-in-sequence", json={"sequence_id": sequence_id, "lead_ids": [lead["id"]]}))
    await page.goto(f"/app/leads/{lead['id']}")
    await expect(page.get_by_text("wait until", exact=True)).to_be_visible()
    await page.goto(f"/app/sequences/{sequence_id}/analytics")
    step = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="New year"))
    await expect(step).to_contain_text("Wait until")


async def test_its_panel_is_accessible(browser: Browser, run: dict[str, Any], http: httpx.AsyncClient) -> None:
    sequence_id = await made(http)
    async with (
        signed_in(browser, run, size=PHONE, theme="dark", inspected=True) as context,
        watched(await context.new_page()) as page,
    ):
        await page.goto(f"/app/sequences/{sequence_id}")
        builder = Builder(page)
        await builder.node("New year").focus()
        await page.keyboard.press("Enter")
        await expect(builder.panel).to_have_accessible_name("Step New year")
        assert await serious_faults(page, "aside") == []
