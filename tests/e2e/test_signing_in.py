"""Signing in by the address that `cadenza up` prints, by key, by invitation and by password; and signing out."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.browser import ELSEWHERE, PATIENCE_MS, signed_in
from tests.e2e.conftest import watched
from tests.e2e.keyboard import Keyboard
from tests.e2e.workspace import call

PASSWORD = "correct horse battery staple"
CSRF = {"X-Cadenza-CSRF": "1"}


@asynccontextmanager
async def signed_out_profile(browser: Browser, run: dict[str, Any]) -> AsyncGenerator[BrowserContext]:
    """A browser profile in which nobody has signed in."""
    context = await browser.new_context(base_url=run["api_url"])
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


async def readable_by_scripts(page: Page) -> str:
    """What a script in the page could steal."""
    stored = "() => [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join()"
    return await page.evaluate(stored)


async def expect_signed_in(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Sequences", exact=True)).to_be_visible()


async def expect_signed_out(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Sign in to Cadenza")).to_be_visible()


async def fill_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_the_printed_address_signs_in_and_stores_no_key_in_the_browser(
    browser: Browser, run: dict[str, Any]
) -> None:
    async with signed_out_profile(browser, run) as context, watched(await context.new_page()) as page:
        await page.goto(f"{run['ui_url']}#key={run['api_key']}")
        await expect_signed_in(page)
        assert page.url == f"{run['ui_url']}app/sequences"
        [cookie] = await context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("cadenza_session", True, "Strict")
        reach = await readable_by_scripts(page)
        assert [secret for secret in (run["api_key"], cookie["value"]) if secret in reach] == []
        await page.reload()
        await expect_signed_in(page)


async def test_an_outdated_printed_address_shows_an_error(browser: Browser, run: dict[str, Any]) -> None:
    async with signed_out_profile(browser, run) as context, watched(await context.new_page(), allowed=("401",)) as page:
        await page.goto(f"{run['ui_url']}#key=cdz_{'x' * 41}")
        await expect(page.get_by_role("alert")).to_contain_text("The API key in the address is not accepted")
        assert "#" not in page.url


async def test_a_link_from_another_site_signs_nobody_in(browser: Browser, run: dict[str, Any]) -> None:
    """Otherwise whoever follows the link works in the organisation of the person who wrote it."""
    elsewhere = f"http://{ELSEWHERE}:{urlsplit(run['api_url']).port}/"
    async with signed_out_profile(browser, run) as context, watched(await context.new_page(), allowed=("401",)) as page:
        await page.goto(f"{elsewhere}#key={run['api_key']}")
        await expect_signed_out(page)
        assert "#" not in page.url
        assert await context.cookies() == []


async def test_a_key_is_checked_before_it_is_accepted(browser: Browser, run: dict[str, Any]) -> None:
    async with signed_out_profile(browser, run) as context, watched(await context.new_page(), allowed=("401",)) as page:
        await page.goto("/app/leads?search=ada")
        await page.get_by_role("button", name="API key").click()
        field = page.get_by_label("API key")
        await field.fill("cdz_wrong_key")
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_text("the API key is unknown or revoked")).to_be_visible()
        await field.fill(run["api_key"])
        await field.press("Enter")
        await expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()
        assert page.url.endswith("/app/leads?search=ada")
        assert run["api_key"] not in await readable_by_scripts(page)
        await page.get_by_role("button", name="Sign out").click()
        await expect_signed_out(page)
        await page.reload()
        await expect_signed_out(page)


async def test_an_invited_user_sets_a_password_and_signs_in(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    email = f"{secrets.token_hex(4)}@cadenza.example"
    async with signed_in(browser, run) as context, watched(await context.new_page()) as admin:
        await admin.goto("/app/settings/users")
        await admin.get_by_role("button", name="New user").first.click()
        await admin.get_by_role("textbox", name="Name").fill("Noor Haddad")
        await admin.get_by_role("textbox", name="Email").fill(email)
        await admin.get_by_label("Role").select_option("Editor")
        await admin.get_by_role("button", name="Create user").click()
        row = admin.get_by_role("row", name="Noor Haddad")
        await expect(row).to_contain_text("Editor")
        await expect(row).to_contain_text("no password")
        await admin.get_by_role("button", name=f"Invite {email}").click()
        await admin.get_by_role("button", name="Create the link").click()
        link = await admin.get_by_role("textbox", name="Invitation of Noor Haddad").input_value()
        await admin.get_by_role("button", name="I have copied it").click()

        async with (
            signed_out_profile(browser, run) as theirs,
            watched(await theirs.new_page(), ("401", "410", "422")) as page,
        ):
            await page.goto(link)
            assert "#" not in page.url
            field = page.get_by_label("New password")
            await field.fill("too short")
            await field.press("Enter")
            await expect(field).to_have_attribute("aria-invalid", "true")
            await field.fill(PASSWORD)
            await field.press("Enter")
            await expect_signed_in(page)
            await page.goto("/app/settings/users")
            await expect(page.get_by_role("heading", name="Users: for administrators")).to_be_visible()
            await page.get_by_role("button", name="Sign out").click()
            await fill_in(page, email, "a wrong password")
            await expect(page.get_by_role("alert")).to_contain_text("The email address or the password is wrong")
            await fill_in(page, email, PASSWORD)
            await expect(page.get_by_role("heading", name="Users: for administrators")).to_be_visible()

            await page.goto("about:blank")
            await page.goto(link)
            await page.get_by_label("New password").fill(PASSWORD)
            await page.get_by_role("button", name="Set the password").click()
            await expect(page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()
            await page.get_by_role("button", name="Go to sign-in").click()
            await expect_signed_in(page)  # The session that was there before is still there.

            # An administrator removes the user while they work.
            await expect(admin.get_by_role("button", name=f"Reset password of {email}")).to_be_visible()
            users = (await call(http.get("/users")))["items"]
            [user] = [one for one in users if one["email"] == email]
            assert (await http.delete(f"/users/{user['id']}")).is_success
            await expect(page.get_by_role("alert")).to_contain_text("Your session has ended")


async def test_a_user_of_two_organisations_chooses_one(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    email = f"{secrets.token_hex(4)}@cadenza.example"
    made = await call(http.post("/tenants", json={"name": "Second Ltd"}))
    for key in (run["api_key"], made["api_key"]):
        bearer = {"Authorization": f"Bearer {key}"}
        user = await call(http.post("/users", json={"email": email, "role": "admin"}, headers=bearer))
        link = (await call(http.post(f"/users/{user['id']}/invitations", headers=bearer)))["url"]
        body = {"token": link.rpartition("=")[2], "password": PASSWORD}
        await call(http.post("/invitations/accept", json=body, headers=CSRF))
    http.cookies.clear()
    async with signed_out_profile(browser, run) as context, watched(await context.new_page(), ("401", "409")) as page:
        await page.goto("/app/settings/organisation")
        await fill_in(page, email, PASSWORD)
        await page.get_by_role("group", name="Which organisation?").get_by_role("button", name="Second Ltd").click()
        await expect(page.get_by_role("textbox", name="Name")).to_have_value("Second Ltd")


async def test_signing_in_or_out_in_one_tab_applies_to_all_tabs(browser: Browser, run: dict[str, Any]) -> None:
    async with (
        signed_in(browser, run) as context,
        watched(await context.new_page()) as one,
        watched(await context.new_page(), ("401",)) as other,
    ):
        for page in (one, other):
            await page.goto("/app/sequences")
            await expect_signed_in(page)
        await one.get_by_role("button", name="Sign out").click()
        await expect_signed_out(other)
        await one.get_by_role("button", name="API key").click()
        await one.get_by_label("API key").fill(run["api_key"])
        await one.get_by_label("API key").press("Enter")
        await expect_signed_in(other)


async def test_another_tab_requests_as_the_user_who_signed_in_last(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    made = await call(http.post("/tenants", json={"name": "Third Ltd"}))
    async with (
        signed_in(browser, run) as context,
        watched(await context.new_page()) as one,
        watched(await context.new_page()) as other,
    ):
        await one.goto("/app/settings/organisation")
        await expect(one.get_by_role("textbox", name="Name")).not_to_have_value("")
        await other.goto(f"{run['ui_url']}#key={made['api_key']}")
        await expect_signed_in(other)
        await expect(one.get_by_role("textbox", name="Name")).to_have_value("Third Ltd")


async def test_signing_in_works_by_keyboard_alone(browser: Browser, run: dict[str, Any]) -> None:
    async with signed_out_profile(browser, run) as context, watched(await context.new_page(), ("401",)) as page:
        keyboard = Keyboard(page)
        await page.goto("/app/sequences")
        await expect_signed_out(page)
        await keyboard.use(page.get_by_role("button", name="API key"))
        await keyboard.type_into(page.get_by_label("API key"), run["api_key"])
        await keyboard.press("Enter")
        await expect_signed_in(page)
        await keyboard.use(page.get_by_role("button", name="Sign out"))
        await expect_signed_out(page)
