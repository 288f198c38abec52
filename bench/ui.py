"""Loading times of the web app: the size of its scripts, and the time until a full screen is usable.

    .venv/bin/python -m bench.ui [--sequences 500] [--steps 50] [--leads 100000] [--runs 5]

Runs `cadenza up --dev` with the given amount of data, and a real Chromium with an empty cache for each run.

`script_kb`: scripts that the list of sequences loads, in kilobytes as transferred. `*_s`: seconds from the navigation
until the first row (or node) is visible and the main thread is free; the median of the runs.
"""

import argparse
import asyncio
import csv
import io
import statistics
from typing import Any

import httpx
from playwright.async_api import Browser, Response

from bench.report import progress, result
from cadenza.exit import run_and_leave
from tests.e2e.browser import chromium, signed_in
from tests.integration.up.up_run import dev_run

EMAIL = {"subject": "Hello {{name}}", "body_text": "A word about {{company}}."}
# Waits until a frame is painted and the main thread is free.
IDLE = "() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"


async def fill(http: httpx.AsyncClient, sequences: int, steps: int, leads: int) -> str:
    """Creates the data; returns the ID of the sequence with many steps."""
    for number in range(sequences):
        body = {"name": f"Sequence {number:03}", "steps": [email("intro")]}
        (await http.post("/sequences", json=body)).raise_for_status()
    long = {"name": "A long one", "steps": [email(f"email-{n}") if n % 2 else wait(n) for n in range(steps)]}
    made = (await http.post("/sequences", json=long)).raise_for_status().json()
    files = {"file": ("leads.csv", leads_csv(leads), "text/csv")}
    (await http.post("/leads/import", files=files)).raise_for_status()
    return made["id"]


def email(key: str) -> dict[str, Any]:
    return {"key": key, "name": key, "type": "email", "config": EMAIL}


def wait(number: int) -> dict[str, Any]:
    return {"key": f"wait-{number}", "name": "Wait", "type": "delay", "config": {"days": 2}}


def leads_csv(count: int) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("email", "first_name", "company"))
    rows.writerows((f"lead{number}@many.example", f"Lead {number}", "Many") for number in range(count))
    return text.getvalue()


async def seconds_until(browser: Browser, run: dict[str, str], path: str, sign: str) -> float:
    """Returns the seconds, in a fresh profile, from navigating to `path` until the selector `sign` matches and the main
    thread is free."""
    async with signed_in(browser, run) as context:
        page = await context.new_page()
        await page.goto(path, wait_until="commit")
        await page.locator(sign).first.wait_for(timeout=120_000)
        return await page.evaluate(IDLE) / 1000


async def script_kb(browser: Browser, run: dict[str, str]) -> float:
    async with signed_in(browser, run) as context:
        page = await context.new_page()
        scripts: list[Response] = []
        page.on("response", lambda one: scripts.append(one) if one.request.resource_type == "script" else None)
        await page.goto("/app/sequences")
        await page.locator("main tbody tr").first.wait_for()
        sizes = [await one.request.sizes() for one in scripts]
    return sum(one["responseBodySize"] for one in sizes) / 1024


async def measure(run: dict[str, str], sequences: int, steps: int, leads: int, runs: int) -> None:
    figures: dict[str, Any] = {"sequences": sequences, "steps": steps, "leads": leads}
    headers = {"Authorization": f"Bearer {run['api_key']}"}
    async with httpx.AsyncClient(base_url=run["api_url"], headers=headers, trust_env=False, timeout=600) as http:
        long = await fill(http, sequences, steps, leads)
    progress("filled")
    screens = {
        "sequences_s": ("/app/sequences", "main tbody tr"),
        "builder_s": (f"/app/sequences/{long}", ".react-flow__node"),
        "leads_s": ("/app/leads", "main [role=row]:nth-child(2), main tbody tr"),
    }
    async with chromium() as browser:
        figures["script_kb"] = round(await script_kb(browser, run), 1)
        for name, (path, sign) in screens.items():
            took = [await seconds_until(browser, run, path, sign) for _ in range(runs)]
            progress(f"{name}: {', '.join(f'{one:.2f}' for one in took)}")
            figures[name] = round(statistics.median(took), 2)
    result("ui", figures)


def main(sequences: int, steps: int, leads: int, runs: int) -> None:
    with dev_run(prefix="cadenza-bench-") as up:
        asyncio.run(measure(up.run(), sequences, steps, leads, runs))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    run_and_leave(lambda: main(given.sequences, given.steps, given.leads, given.runs))
