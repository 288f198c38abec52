"""Takes the pictures of docs/screens again, and prints what axe finds.

    .venv/bin/python -m tests.e2e.take_screens [FOLDER] [NAME...]

Each screen is taken in light and dark, 1280 and 390 pixels wide, with a workspace that is created for it.
"""

import asyncio
import sys
from pathlib import Path

import httpx

from cadenza.exit import run_and_leave
from tests.e2e.browser import DESKTOP, PHONE, chromium
from tests.e2e.screens import SCREENS, opened, serious_faults
from tests.e2e.workspace import make_workspace
from tests.integration.up.up_run import dev_run

SIZES = {"desktop": DESKTOP, "phone": PHONE}
THEMES = ("light", "dark")


async def take(run: dict[str, str], folder: Path, names: list[str]) -> None:
    headers = {"Authorization": f"Bearer {run['api_key']}"}
    async with httpx.AsyncClient(base_url=run["api_url"], headers=headers, trust_env=False, timeout=120) as http:
        workspace = await make_workspace(http)
    async with chromium() as browser:
        for screen in SCREENS:
            if names and screen.name not in names:
                continue
            for size_name, size in SIZES.items():
                for theme in THEMES:
                    async with opened(browser, run, screen, workspace, size, theme) as page:
                        await page.screenshot(path=folder / f"{screen.name}-{size_name}-{theme}.png")
                        for fault in await serious_faults(page):
                            print(f"{screen.name} {size_name} {theme}: {fault}", flush=True)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screens")
    folder.mkdir(parents=True, exist_ok=True)
    with dev_run(prefix="cadenza-screens-") as up:
        asyncio.run(take(up.run(), folder, sys.argv[2:]))


if __name__ == "__main__":
    run_and_leave(main)
