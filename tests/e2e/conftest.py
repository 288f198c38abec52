"""The whole program as `cadenza up --dev` starts it, and a browser that uses it."""

import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.e2e.browser import PATIENCE_MS, chromium, find_chromium, signed_in
from tests.integration.up.up_run import UpRun, new_tenant

ROOT = Path(__file__).parents[2]
OPERATORS = frozenset({"tests.e2e.test_signing_in"})
"""Operations that create tenants."""


@pytest.fixture(scope="module")
def run(up: UpRun, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What run.json says, with a tenant of this module's own. The first tenant for tests that need its rights."""
    assert (ROOT / "web" / "dist" / "index.html").is_file(), "run `make web` first"
    name = request.module.__name__
    return up.run() if name in OPERATORS else new_tenant(up.run(), name)


@pytest.fixture
async def http(run: dict[str, Any]) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of the API, to set up what a test needs before its user comes."""
    headers = {"Authorization": f"Bearer {run['api_key']}"}
    async with httpx.AsyncClient(base_url=run["api_url"], headers=headers, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    if find_chromium() is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed")
    expect.set_options(timeout=PATIENCE_MS)
    async with chromium() as one:
        yield one


@asynccontextmanager
async def watched(page: Page, allowed: tuple[str, ...] = ()) -> AsyncGenerator[Page]:
    """Fails on an error in the page, and on a message in its console that does not contain one of `allowed`."""
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in allowed):
            faults.append(message.text)

    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", hear)
    yield page
    assert faults == []


@pytest.fixture
def allowed() -> tuple[str, ...]:
    """Parts of the console messages that the browser may log."""
    return ()


@pytest.fixture
async def page(
    browser: Browser, run: dict[str, Any], request: pytest.FixtureRequest, tmp_path: Path, allowed: tuple[str, ...]
) -> AsyncGenerator[Page]:
    """A page of a user who is signed in already."""
    async with signed_in(browser, run) as context, watched(await context.new_page(), allowed) as one:
        yield one
        if FAILED in request.node.stash:
            await one.screenshot(path=tmp_path / "page.png")
            print(f"{one.url}, as it was then: {tmp_path / 'page.png'}", await one.locator("body").aria_snapshot())


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
