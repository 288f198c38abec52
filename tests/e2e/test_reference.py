"""`/docs`: the API reference is served by the app itself, and can send requests for a user who is signed in."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, expect

from tests.e2e.browser import signed_in
from tests.e2e.conftest import watched


async def test_the_reference_loads_no_external_files_and_sends_requests(browser: Browser, run: dict[str, Any]) -> None:
    asked: set[str] = set()
    async with signed_in(browser, run) as context, watched(await context.new_page()) as page:
        page.on("request", lambda request: asked.add(urlsplit(request.url)._replace(path="", query="").geturl()))
        answer = await page.goto("/docs")
        assert answer is not None
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        operation = page.locator("#operations-Administration-create_user")
        await operation.get_by_role("button").first.click()
        await operation.get_by_role("button", name="Try it out").click()
        await operation.get_by_role("textbox").last.fill('{"email": "ref@cadenza.example"}')
        await operation.get_by_role("button", name="Execute").click()
        await expect(operation.locator(".live-responses-table").get_by_text("201").first).to_be_visible()
        assert {url for url in asked if not url.startswith("data:")} == {run["api_url"]}


def test_the_reference_pages_of_the_framework_are_disabled(run: dict[str, Any]) -> None:
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert httpx.get(f"{run['api_url']}{path}", trust_env=False).status_code == 404
