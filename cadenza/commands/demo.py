"""`cadenza demo`: the cold-outreach sequence for five leads, two virtual weeks in less than a minute.

It starts `cadenza up --dev` in a folder of its own, and is then only a client of the REST API: a person can do the same
with curl.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from cadenza.errors import StartError
from domain.enrollments.log_event import LogEvent

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DAYS = 15
READY_WITHIN_SECONDS = 120.0
STOP_WITHIN_SECONDS = 30.0

# The leads that do something. The others do nothing.
REPLIES, OPENS, AWAY, UNSUBSCRIBES = (
    "grace@compilers.example",
    "linus@kernels.example",
    "jose@nunez.example",
    "meika@sample.example",
)

SYMBOLS = {
    LogEvent.ENROLLED: ("cyan", "enrolled"),
    LogEvent.EMAIL_SENT: ("green", "email sent"),
    LogEvent.WAITING: ("dim", "waiting"),
    LogEvent.BRANCH_DECIDED: ("magenta", "branch"),
    LogEvent.ACTION_PERFORMED: ("blue", "action"),
    LogEvent.HELD: ("yellow", "held"),
    LogEvent.STOPPED: ("red", "stopped"),
    LogEvent.COMPLETED: ("bold", "completed"),
}


@dataclass
class Demo:
    api: httpx.AsyncClient
    console: Console
    leads: dict[str, str] = field(default_factory=dict[str, str])
    """Addresses by lead ID."""
    began: datetime | None = None
    _shown: set[str] = field(default_factory=set[str])

    async def run(self) -> None:
        await self._enroll()
        for day in range(DAYS + 1):
            if day:
                await self._post("/dev/fast-forward", {"by": "P1D"})
            await self._happen(day)
            await self._show()
        await self._summary()

    async def _enroll(self) -> None:
        files = {"file": ("leads.csv", (EXAMPLES / "leads.csv").read_bytes(), "text/csv")}
        imported = await self._request("POST", "/leads/import", files=files)
        self.console.print(f"imported {imported['created']} leads from examples/leads.csv")
        file, headers = (EXAMPLES / "cold-outreach.yaml").read_bytes(), {"Content-Type": "application/yaml"}
        sequence = await self._request("POST", "/sequences/import", content=file, headers=headers)
        await self._request("PUT", f"/sequences/{sequence['id']}", json={"status": "active"})
        page = await self._request("GET", "/leads?limit=100")
        self.leads = {lead["id"]: lead["email"] for lead in page["items"]}
        body = {"sequence_id": sequence["id"], "lead_ids": sorted(self.leads, key=lambda one: self.leads[one])}
        enrolled = await self._post("/leads/enroll-in-sequence", body)
        self.console.print(f"enrolled {len(enrolled['enrolled'])} leads in [bold]{sequence['name']}[/]\n")
        # The first emails leave at once. Moving the clock by a minute waits for them.
        await self._post("/dev/fast-forward", {"by": "PT1M"})

    async def _happen(self, day: int) -> None:
        """What the leads do. Replies and auto-replies are real messages, handled like any other mail."""
        if day == 1:
            assert self.began is not None, "the first day has been shown"
            back = (self.began + timedelta(days=10)).date().isoformat()
            await self._answer(AWAY, "I am out of the office.", {"auto_reply": {"returns_on": back}})
        if day == 2:
            await self._answer(REPLIES, "Sounds interesting, call me.", {})
        if day == 4:
            await self._event(OPENS, {"type": "open"})
        if day == 5:
            await self._event(UNSUBSCRIBES, {"type": "unsubscribe"})

    async def _answer(self, email: str, text: str, more: dict[str, Any]) -> None:
        mail = await self._request("GET", "/dev/outbox", params={"limit": 100})
        last = next(item for item in mail["items"] if email in item["to"])
        await self._post(f"/dev/outbox/{last['id']}/reply", {"text": text, **more})

    async def _event(self, email: str, event: dict[str, Any]) -> None:
        lead_id = next(one for one, address in self.leads.items() if address == email)
        await self._post(f"/leads/{lead_id}/events", event)

    async def _show(self) -> None:
        """Prints the new entries of the leads' timelines, in the order of their times."""
        news: list[tuple[str, str, dict[str, Any]]] = []
        for lead_id, email in self.leads.items():
            page = await self._request("GET", f"/leads/{lead_id}/timeline", params={"limit": 200})
            news += [(entry["at"], email, entry) for entry in page["items"] if entry["id"] not in self._shown]
        for at, email, entry in sorted(news, key=lambda one: one[0]):
            self._shown.add(entry["id"])
            self._print(datetime.fromisoformat(at), email, entry)

    def _print(self, at: datetime, email: str, entry: dict[str, Any]) -> None:
        self.began = self.began or at
        elapsed = at - self.began
        style, label = SYMBOLS.get(entry["event"], ("yellow", f"lead: {entry['event']}"))
        when = f"day {elapsed.days:>2} {elapsed.seconds // 3600:02}h"
        what = " ".join(part for part in (entry.get("step_key") or "", _detail(entry)) if part)
        line = f"[dim]{when}[/]  {email:<26} [{style}]{label:<12}[/] {escape(what)}"
        self.console.print(line, highlight=False, soft_wrap=True)

    async def _summary(self) -> None:
        self.console.print()
        for lead_id, email in self.leads.items():
            lead = await self._request("GET", f"/leads/{lead_id}")
            state = (await self._request("GET", f"/leads/{lead_id}/sequence-state"))["enrollments"][0]
            how = state["status"] + (f": {state['stop_reason']}" if state["stop_reason"] else "")
            line = f"{email:<26} {state['emails_sent']} sent, {how}; the lead is {lead['status']}"
            self.console.print(line, highlight=False, soft_wrap=True)

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._request("POST", path, json=body)

    async def _request(self, method: str, path: str, **options: Any) -> Any:
        answer = await self.api.request(method, path, **options)
        if answer.is_error:
            raise StartError(f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()


def _detail(entry: dict[str, Any]) -> str:
    detail: dict[str, Any] = entry.get("detail") or {}
    match entry["event"]:
        case LogEvent.EMAIL_SENT:
            return f'"{detail.get("subject", "")}"'
        case LogEvent.WAITING | LogEvent.HELD:
            return f"until {datetime.fromisoformat(detail['until']):%a %d %b %H:%M} UTC"
        case LogEvent.BRANCH_DECIDED:
            return _outcome(detail["outcome"])
        case LogEvent.ACTION_PERFORMED:
            return ", ".join(str(value) for value in detail.values())
        case LogEvent.STOPPED:
            return str(detail.get("reason", ""))
        case _:
            return ""


def _outcome(outcome: dict[str, Any]) -> str:
    if "goto" in outcome:
        return f"goes to {outcome['goto']}"
    return f"stops: {outcome.get('reason', '')}" if "stop" in outcome else "continues"


async def demo() -> None:
    """Runs the demonstration and ends everything that it started. Raises StartError if a part cannot start."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="cadenza-demo-") as folder:
        home = Path(folder) / "home"
        async with _running(home) as run:
            headers = {"Authorization": f"Bearer {run['api_key']}"}
            async with httpx.AsyncClient(base_url=run["api_url"], headers=headers, timeout=120) as api:
                await Demo(api, console).run()
    console.print("The demonstration is over: its servers have ended, its data is removed. To keep some: make up")


@asynccontextmanager
async def _running(home: Path) -> AsyncGenerator[dict[str, Any], None]:
    """`cadenza up --dev` on free ports, until the block ends."""
    ports = [f"--{name}-port=0" for name in ("api", "temporal", "temporal-ui", "smtp", "postgres")]
    up = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cadenza", "up", "--dev", f"--home={home}", *ports,
        stdout=asyncio.subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("CADENZA_SMTP_")},
    )  # fmt: skip
    try:
        yield await _ready(up, home / "run.json")
    finally:
        if up.returncode is None:
            up.terminate()
            await asyncio.wait_for(up.wait(), STOP_WITHIN_SECONDS)


async def _ready(up: asyncio.subprocess.Process, announced: Path) -> dict[str, Any]:
    async with asyncio.timeout(READY_WITHIN_SECONDS):
        while up.returncode is None:
            with contextlib.suppress(FileNotFoundError):
                return json.loads(await asyncio.to_thread(announced.read_text, "utf-8"))
            await asyncio.sleep(0.1)
    raise StartError("the servers of the demonstration did not start; `cadenza up` says why")
