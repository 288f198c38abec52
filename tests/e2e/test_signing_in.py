"""The first minute: the address that `cadenza up` prints, a key typed by hand, a key that is refused, signing out."""

from typing import Any

from playwright.async_api import Browser, expect

from tests.e2e.conftest import watched


async def test_the_printed_address_signs_in_and_leaves_no_key_in_it(browser: Browser, run: dict[str, Any]) -> None:
    async with watched(await browser.new_page()) as page:
        await page.goto(f"{run['ui_url']}#key={run['api_key']}")
        await expect(page.get_by_role("heading", name="Sequences", exact=True)).to_be_visible()
        assert page.url == f"{run['ui_url']}app/sequences"
        await page.context.close()


async def test_a_key_is_tried_before_it_is_taken(browser: Browser, run: dict[str, Any]) -> None:
    async with watched(await browser.new_page(), allowed=("401",)) as page:
        await page.goto(run["ui_url"])
        field = page.get_by_label("API key")
        await field.fill("cdz_wrong_key")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text("the API key is unknown or revoked")).to_be_visible()
        await field.fill(run["api_key"])
        await field.press("Enter")
        await expect(page.get_by_role("heading", name="Sequences", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(field).to_be_visible()
        await page.reload()
        await expect(field).to_be_visible()
        await page.context.close()
