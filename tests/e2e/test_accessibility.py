"""axe finds nothing serious on any screen, in light and dark, on desktop and phone; no content overflows the page."""

from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browser import DESKTOP, PHONE
from tests.e2e.conftest import watched
from tests.e2e.screens import SCREENS, Screen, opened, serious_faults
from tests.e2e.workspace import Workspace, make_workspace


@pytest.fixture(scope="module")
async def workspace(run: dict[str, Any]) -> Workspace:
    headers = {"Authorization": f"Bearer {run['api_key']}"}
    async with httpx.AsyncClient(base_url=run["api_url"], headers=headers, trust_env=False, timeout=120) as http:
        return await make_workspace(http)


async def runs_over(page: Page) -> bool:
    return await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize(
    ("size", "theme"),
    [
        (DESKTOP, "light"),
        (PHONE, "dark"),
        pytest.param(DESKTOP, "dark", marks=pytest.mark.long),
        pytest.param(PHONE, "light", marks=pytest.mark.long),
    ],
)
async def test_axe_finds_nothing_serious_on_any_screen(
    browser: Browser, run: dict[str, Any], workspace: Workspace, size: tuple[int, int], theme: str
) -> None:
    faults: list[str] = []
    for screen in SCREENS:
        async with opened(browser, run, screen, workspace, size, theme) as page, watched(page):
            faults += [f"{screen.name}: {fault}" for fault in await serious_faults(page)]
            if await runs_over(page):
                faults.append(f"{screen.name}: wider than the window")
    assert faults == []


async def test_axe_finds_a_violation_that_is_there(browser: Browser, run: dict[str, Any], workspace: Workspace) -> None:
    async with opened(browser, run, Screen("leads", "/app/leads"), workspace, DESKTOP, "light") as page:
        await page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=\"/favicon.svg\"><button></button>')"
        )
        found = " ".join(await serious_faults(page))
    assert "image-alt" in found and "button-name" in found
