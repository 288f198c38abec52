"""A real Chromium, as the tests, the benchmark and the screenshots use it."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ELSEWHERE = "cadenza.example"
"""A host name that leads to this machine but is not a loopback name."""
FLAGS = (
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
    "--no-sandbox",  # Chromium needs this when it runs as root.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 120_000
"""How long to wait for a first result on a busy machine. No test asserts on the time."""
DESKTOP = (1280, 800)
PHONE = (390, 844)


def find_chromium() -> Path | None:
    """Uses the machine's own Chromium, so that Playwright need not download one."""
    found = (shutil.which(name) for name in NAMES)
    return next((Path(program) for program in found if program), None)


# Runs once for each tab, so that a later change by the user stays. The frame of a mail has no storage.
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
    """A fresh profile, signed in with the first tenant's key. `inspected` lets axe run in its pages although their
    content security policy forbids it."""
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
    assert answer.ok, await answer.text()  # The context has the session's cookie now.
    yield context
    await context.close()
