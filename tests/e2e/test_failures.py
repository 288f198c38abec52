"""What goes wrong while somebody works: each time it is said where they look, and nothing that they did is lost."""

import re
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.e2e.browser import signed_in
from tests.e2e.building import Builder
from tests.e2e.conftest import watched
from tests.e2e.workspace import call
from tests.integration.up.up_run import UpRun

INTRO: dict[str, Any] = {
    "key": "intro",
    "name": "Introduction",
    "type": "email",
    "config": {"subject": "Hello", "body_text": "Hi"},
}
REST: dict[str, Any] = {"key": "rest", "name": "Some rest", "type": "delay", "config": {"days": 3}}
SILENCE = "Cadenza cannot be reached"


@asynccontextmanager
async def window(browser: Browser, run: dict[str, Any], *allowed: str) -> AsyncGenerator[tuple[BrowserContext, Page]]:
    """Of somebody whose browser logs these complaints, and no others."""
    async with signed_in(browser, run) as context, watched(await context.new_page(), allowed) as page:
        yield context, page


async def made(http: httpx.AsyncClient, name: str) -> str:
    return (await call(http.post("/sequences", json={"name": name, "steps": [INTRO, REST]})))["id"]


async def names(http: httpx.AsyncClient, sequence_id: str) -> list[str]:
    return [step["name"] for step in (await call(http.get(f"/sequences/{sequence_id}/steps")))["items"]]


async def test_the_api_dies_while_a_list_is_open(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient, up: UpRun
) -> None:
    await made(http, "There before")
    async with window(browser, run, "ERR_") as (_, page):
        await page.goto("/app/sequences")
        before = page.get_by_role("row", name="There before")
        await expect(before).to_be_visible()
        up.process.send_signal(signal.SIGSTOP)  # or it would have another API running before anybody notices
        try:
            up.kill("api")
            await expect(page.get_by_role("alert")).to_contain_text(SILENCE)
            await expect(before).to_be_visible()
        finally:
            up.process.send_signal(signal.SIGCONT)
        await expect(page.get_by_role("alert")).to_be_hidden()
        await made(http, "Made afterwards")
        await expect(page.get_by_role("row", name="Made afterwards")).to_be_visible()


async def test_a_save_that_does_not_arrive_loses_nothing(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    sequence_id = await made(http, "Kept")
    async with window(browser, run, "ERR_", "409") as (context, page):
        builder = Builder(page)
        await page.goto(f"/app/sequences/{sequence_id}")
        await builder.add("Wait", "Some more rest", "more-rest")
        await context.set_offline(True)
        await builder.save_button.click()
        await expect(page.get_by_text(SILENCE).first).to_be_visible()
        await expect(builder.unsaved).to_be_visible()
        await context.set_offline(False)
        await builder.save()
        assert await names(http, sequence_id) == ["Introduction", "Some rest", "Some more rest"]

        # The server has saved, and nobody hears of it. Saved again, it is nobody else's edit.
        async def lose(route: Route) -> None:
            if route.request.method == "PUT":
                await route.fetch()
                await route.abort()
            else:
                await route.continue_()

        await builder.add("Wait", "Even more rest", "even-more-rest")
        await page.route("**/steps", lose)
        async with page.expect_event("requestfailed"):
            await builder.save_button.click()
        assert len(await names(http, sequence_id)) == 4
        await page.unroute("**/steps", lose)
        await expect(builder.save_button).to_be_enabled()
        await builder.save()
        await expect(page.get_by_role("dialog")).to_be_hidden()
        assert await names(http, sequence_id) == ["Introduction", "Some rest", "Some more rest", "Even more rest"]


async def test_a_key_that_is_revoked_in_the_middle_of_work(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    sequence_id = await made(http, "Interrupted")
    await call(http.post("/leads", json={"email": "ada@acme.example", "first_name": "Ada"}))

    async def revoke(key: dict[str, str]) -> None:
        assert (await http.delete(f"/api-keys/{key['id']}")).is_success

    async def another() -> dict[str, str]:
        return await call(http.post("/api-keys", json={"name": "Short", "scopes": ["read", "write"]}))

    first, second = await another(), await another()
    async with window(browser, run | {"api_key": first["key"]}, "401") as (_, page):
        builder = Builder(page)
        field = page.get_by_label("API key")
        over = page.get_by_role("alert").filter(has_text="Your session has ended")
        by_key = page.get_by_role("button", name="API key")
        await page.goto(f"/app/sequences/{sequence_id}")
        await builder.add("Wait", "Half way", "half-way")
        await revoke(first)
        await expect(over).to_be_visible()
        await by_key.click()
        await field.fill(second["key"])
        await field.press("Enter")
        await expect(builder.node("Half way")).to_be_visible()
        await expect(builder.unsaved).to_be_visible()
        await builder.save()
        assert await names(http, sequence_id) == ["Introduction", "Some rest", "Half way"]

        await page.goto("/app/leads?search=ada")
        await expect(page.get_by_role("link", name="Ada")).to_be_visible()
        await revoke(second)
        await expect(over).to_be_visible()
        await by_key.click()
        await field.fill(run["api_key"])
        await field.press("Enter")
        await expect(page.get_by_role("link", name="Ada")).to_be_visible()
        assert page.url.endswith("/app/leads?search=ada")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in to Cadenza")).to_be_visible()
        await expect(over).to_be_hidden()  # whoever signs out needs no word


async def test_what_the_server_refuses_stands_where_it_is_wrong(
    browser: Browser, run: dict[str, Any], http: httpx.AsyncClient
) -> None:
    sequence_id = await made(http, "Faulty")
    async with window(browser, run, "422", "409") as (_, page):
        builder = Builder(page)
        await page.goto(f"/app/sequences/{sequence_id}")
        await builder.open("Introduction")
        subject = builder.panel.get_by_role("textbox", name="Subject", exact=True)
        await subject.fill("For {{ company")
        mark = builder.node("Introduction").get_by_role("img", name=re.compile("problem"))
        await expect(mark).to_be_visible()
        await expect(subject).to_have_attribute("aria-invalid", "true")
        await expect(subject).to_have_accessible_description(re.compile("."))
        await expect(page.get_by_role("button", name="Activate")).to_be_disabled()
        await builder.save()

        await page.get_by_role("link", name="To the sequences").click()
        await page.get_by_role("button", name="More for Faulty").click()
        await page.get_by_role("menuitem", name="Activate").click()
        dialog = page.get_by_role("dialog", name="“Faulty” cannot be activated yet")
        await expect(dialog).to_contain_text("Introduction")
        await dialog.get_by_role("link", name="Open the builder").click()
        await builder.open("Introduction")
        await subject.fill("For {{ company }}")
        await expect(mark).to_be_hidden()
        await expect(subject).not_to_have_attribute("aria-invalid", "true")
        await page.get_by_role("button", name="Activate").click()
        await expect(page.get_by_text("active", exact=True)).to_be_visible()


async def test_two_people_write_at_once(browser: Browser, run: dict[str, Any], http: httpx.AsyncClient) -> None:
    sequence_id = await made(http, "Shared")

    async def they_call_it(name: str) -> None:
        await call(http.put(f"/sequences/{sequence_id}/steps/rest", json={"name": name}))

    async with window(browser, run, "409") as (_, page):
        builder = Builder(page)
        dialog = page.get_by_role("dialog", name="Somebody else has changed this sequence")
        await page.goto(f"/app/sequences/{sequence_id}")
        await builder.add("Wait", "Mine", "mine")
        await they_call_it("Theirs")
        await expect(page.get_by_role("status").filter(has_text="Somebody else has changed")).to_be_visible()
        await builder.save_button.click()
        await expect(dialog.get_by_role("listitem")).to_have_text(["Theirs"])
        await dialog.get_by_role("button", name="Load theirs").click()
        await expect(builder.node("Theirs")).to_be_visible()
        await expect(builder.node("Mine")).to_be_hidden()
        await expect(builder.unsaved).to_be_hidden()
        assert await names(http, sequence_id) == ["Introduction", "Theirs"]

        await builder.add("Wait", "Mine again", "mine-again")
        await they_call_it("Theirs again")
        await builder.save_button.click()
        await expect(dialog.get_by_role("listitem")).to_have_text(["Theirs again"])
        assert await names(http, sequence_id) == ["Introduction", "Theirs again"]
        await dialog.get_by_role("button", name="Overwrite theirs").click()
        await expect(builder.unsaved).to_be_hidden()
        assert await names(http, sequence_id) == ["Introduction", "Theirs", "Mine again"]
