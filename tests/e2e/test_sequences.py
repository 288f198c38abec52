"""From an empty workspace to enrolled leads, in the browser alone: the example, the list, a file, a dry run, a
batch."""

from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import signed_in
from tests.e2e.conftest import watched


async def test_the_example_is_paused_resumed_and_gets_leads_from_a_file(page: Page, http: httpx.AsyncClient) -> None:
    await page.goto("/app/sequences")
    await page.get_by_role("button", name="Start from the cold outreach").click()
    await page.wait_for_url("**/app/sequences/*-*")
    await page.goto("/app/sequences")
    row = page.get_by_role("row", name="Cold outreach")

    async def choose(action: str) -> None:
        await row.get_by_role("button", name="More for Cold outreach").click()
        await page.get_by_role("menuitem", name=action).click()

    for action, status in (("Activate", "active"), ("Pause", "paused")):
        await choose(action)
        await expect(row).to_contain_text(status)
    await page.get_by_role("button", name="Undo").click()
    await expect(row).to_contain_text("active")
    await expect(page.get_by_role("button", name="Undo")).to_be_hidden()

    await choose("Enroll leads")
    await page.get_by_role("tab", name="A CSV file").click()
    await page.set_input_files(
        "input[type=file]",
        {"name": "fair.csv", "mimeType": "text/csv", "buffer": b"email,name\nada@fair.example,Ada\nbad,Bob\n"},
    )
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_role("table", name="Rejected rows")).to_contain_text("bad")
    await page.get_by_role("button", name="Check its leads").click()
    await expect(page.get_by_role("table", name="Leads that would be enrolled")).to_contain_text("ada@fair.example")
    assert (await http.get("/enrollments")).json()["items"] == []
    await page.get_by_role("button", name="Enroll 1 lead").click()
    await expect(page.get_by_role("status").filter(has_text="1 lead enrolled.")).to_be_visible()
    (enrollment,) = (await http.get("/enrollments")).json()["items"]
    (campaign,) = (await http.get("/campaigns")).json()["items"]
    assert (enrollment["campaign_id"], campaign["name"]) == (campaign["id"], "fair")
    await page.get_by_role("button", name="Enroll more").click()

    # Enroll once more: the lead is enrolled already, and the page says so.
    await page.get_by_role("tab", name="Pick leads").click()
    await page.get_by_label("Select Ada").check()
    await page.get_by_role("button", name="Check 1 lead").click()
    await expect(page.get_by_role("table", name="Skipped leads")).to_contain_text("Already in this sequence")
    await expect(page.get_by_role("button", name="Enroll 0 leads")).to_be_disabled()


async def test_a_refused_setting_shows_the_error_beside_its_field(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    async with signed_in(browser, run) as context, watched(await context.new_page(), allowed=("422",)) as page:
        await _set_a_window(page, http)


async def _set_a_window(page: Page, http: httpx.AsyncClient) -> None:
    made = (await http.post("/sequences", json={"name": "Windowed"})).json()
    await page.goto("/app/sequences?search=Windowed")
    await page.get_by_role("button", name="More for Windowed").click()
    await page.get_by_role("menuitem", name="Settings").click()
    await page.get_by_label("Only within a send window").check()
    await page.get_by_label("Not on the public holidays of").fill("de, xx")
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_text("'XX' is not an ISO 3166 code")).to_be_visible()
    await page.get_by_label("Not on the public holidays of").fill("de, us-ca")
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    kept = (await http.get(f"/sequences/{made['id']}")).json()["settings"]["send_window"]
    assert (kept["days"], kept["holidays"]) == (["mon", "tue", "wed", "thu", "fri"], ["DE", "US-CA"])
