"""A real Chromium, as the tests, the benchmark and the screenshots drive it."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ELSEWHERE = "cadenza.example"
"""A name that leads to this machine too, and is not loopback's."""
FLAGS = (
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    "--no-sandbox",  # runs as root where tests do
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 120_000
"""For what has to happen first on a busy machine; nothing is asserted about how long it took."""
DESKTOP = (1280, 800)
PHONE = (390, 844)


def find_chromium() -> Path | None:
    """The machine's own: Playwright's download is not needed."""
    found = (shutil.which(name) for name in NAMES)
    return next((Path(program) for program in found if program), None)


# Once for a tab: what its user then changes stays changed. The frame of a mail has no storage.
SEED = """
if (window === top && !sessionStorage.getItem('seeded')) {
  sessionStorage.setItem('seeded', '1');
  localStorage.setItem('cadenza.theme', '%(theme)s');
}
"""


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    program = find_chromium()
    assert program is not None, f"one of {', '.join(NAMES)} has to be installed"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def signed_in(
    browser: Browser,
    run: dict[str, str],
    *,
    size: tuple[int, int] = DESKTOP,
    theme: str = "light",
    inspected: bool = False,
) -> AsyncGenerator[BrowserContext]:
    """A fresh profile that is signed in with the first tenant's key. `inspected` lets axe be put into its pages, which
    their policy forbids."""
    context = await browser.new_context(
        base_url=run["api_url"],
        viewport={"width": size[0], "height": size[1]},
        bypass_csp=inspected,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(SEED % {"theme": theme})
    key = {"api_key": run["api_key"]}
    answer = await context.request.post("/session", data=key, headers={"X-Cadenza-CSRF": "1"})
    assert answer.ok, await answer.text()  # the context has the cookie now
    yield context
    await context.close()
