"""All screens of the app, as a user sees them. Add each new screen here: it then gets its screenshot and its
accessibility test."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.e2e.browser import signed_in
from tests.e2e.workspace import Workspace

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
Do = Callable[[Page], Awaitable[None]]


async def _nothing(page: Page) -> None: ...


@dataclass(frozen=True, slots=True)
class Screen:
    name: str
    path: str
    """May contain fields of `Workspace` in braces."""
    then: Do = _nothing
    """What the user does on the screen before the test looks at it."""


async def _open_first_email(page: Page) -> None:
    await page.locator(".react-flow__node").first.click()


async def _open_first_message(page: Page) -> None:
    await page.get_by_role("main").get_by_role("listitem").or_(page.locator("main tbody tr")).first.click()


async def _open_settings(page: Page) -> None:
    await page.locator("tbody").get_by_role("button").first.click()
    await page.get_by_role("menuitem", name="Settings").click()
    await page.get_by_label("Only within a send window").check()


async def _check_a_pick(page: Page) -> None:
    await page.get_by_label("Select all leads shown").check()
    await page.get_by_role("button", name="Check ").click()
    await page.get_by_role("table", name="leads").first.wait_for()


async def _end_the_session(page: Page) -> None:
    await page.request.delete("/session", headers={"X-Cadenza-CSRF": "1"})
    await page.reload()
    await page.get_by_role("heading", name="Sign in to Cadenza").wait_for()


SETTINGS = (
    "mailboxes",
    "sender-domains",
    "suppressions",
    "users",
    "api-keys",
    "webhooks",
    "organisation",
    "notifications",
)
SCREENS = (
    Screen("sequences", "/app/sequences"),
    Screen("builder", "/app/sequences/{sequence_id}"),
    Screen("builder-step", "/app/sequences/{sequence_id}", _open_first_email),
    Screen("builder-draft", "/app/sequences/{draft_id}"),
    Screen("sequence-settings", "/app/sequences", _open_settings),
    Screen("enroll", "/app/sequences/{draft_id}/enroll"),
    Screen("enroll-campaign", "/app/sequences/{draft_id}/enroll?by=campaign"),
    Screen("enroll-file", "/app/sequences/{draft_id}/enroll?by=file"),
    Screen("enroll-checked", "/app/sequences/{sequence_id}/enroll", _check_a_pick),
    Screen("analytics", "/app/sequences/{sequence_id}/analytics"),
    Screen("leads", "/app/leads"),
    Screen("lead", "/app/leads/{lead_id}"),
    Screen("lead-waiting", "/app/leads/{waiting_lead_id}"),
    *(Screen(f"settings-{section}", f"/app/settings/{section}") for section in SETTINGS),
    Screen("sign-in", "/app/sequences", _end_the_session),
    Screen("invitation", "/#invitation=of-somebody"),
    Screen("dev", "/app/dev"),
    Screen("dev-message", "/app/dev", _open_first_message),
)


@asynccontextmanager
async def opened(
    browser: Browser, run: dict[str, Any], screen: Screen, workspace: Workspace, size: tuple[int, int], theme: str
) -> AsyncGenerator[Page]:
    """Opens the screen and waits until it has loaded everything."""
    async with signed_in(browser, run, size=size, theme=theme, inspected=True) as context:
        page = await context.new_page()
        values = {name: getattr(workspace, name) for name in Workspace.__slots__}
        await page.goto(screen.path.format(**values))
        await page.get_by_role("heading", level=1).first.wait_for()
        await page.wait_for_function("document.querySelector('[role=status][aria-label=Loading]') === null")
        await screen.then(page)
        await page.wait_for_timeout(600)  # Charts and panels draw themselves once they know their size.
        yield page


async def serious_faults(page: Page, part: str = "html") -> list[str]:
    """Returns the serious and critical violations of WCAG A and AA that axe finds in a part of the page, and where."""
    await page.add_script_tag(path=AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = await page.evaluate("([part, tags]) => axe.run(part, {runOnly: tags})", [part, tags])
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
