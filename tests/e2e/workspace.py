"""A team's workspace after some days, created through the API alone, for screenshots and accessibility tests."""

import asyncio
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

EXAMPLES = Path(__file__).parents[2] / "examples"
YAML = {"Content-Type": "application/yaml"}
FIRST = ("Ada", "Grace", "Katherine", "Alan", "Edsger", "Barbara", "Donald", "Radia", "Leslie", "Margaret")
LAST = ("Okafor", "Lindqvist", "Moreau", "Tanaka", "Iyer", "Novak", "Castillo", "Brandt")
COMPANIES = ("Northwind Labs", "Halcyon Freight", "Brightwell", "Kestrel Analytics", "Opal & Sons", "Fathom Energy")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/Stockholm", "America/Los_Angeles")
LEADS = 40


@dataclass(frozen=True, slots=True)
class Workspace:
    """The objects that the screens show."""

    sequence_id: str
    draft_id: str
    lead_id: str
    """The enrollment of a lead that replied."""
    waiting_lead_id: str


async def make_workspace(http: httpx.AsyncClient) -> Workspace:
    await call(http.post("/leads/import", files={"file": ("leads.csv", leads_csv(), "text/csv")}))
    for name in ("Sam Ortega", "Ines Weber"):
        address = f"{name.split()[0].lower()}@cadenza.example"
        await call(http.post("/users", json={"name": name, "email": address}))
    sequence = await imported(http, "cold-outreach.yaml", status="active")
    onboarding = await imported(http, "trial-onboarding.yaml", status="active")
    draft = await imported(http, "re-engagement.yaml")
    leads = (await call(http.get("/leads", params={"limit": 200})))["items"]
    ids = [lead["id"] for lead in leads]
    for which, some in ((sequence, ids[:30]), (onboarding, ids[30:])):
        await call(http.post("/leads/enroll-in-sequence", json={"sequence_id": which, "lead_ids": some}))
    await until_mailed(http, LEADS)
    for lead in ids[:12]:
        await event(http, lead, type="open")
    for lead in ids[:5]:
        await event(http, lead, type="click", url="https://cadenza.example/pricing")
    await call(http.post("/dev/fast-forward", json={"by": "P4D"}))
    for lead in ids[:3]:
        await event(http, lead, type="reply")
    await event(http, ids[20], type="bounce", hard=True)
    await event(http, ids[21], type="unsubscribe")
    await call(http.post(f"/leads/{ids[22]}/pause-sequence", json={}))
    return Workspace(sequence, draft, ids[0], ids[10])


def leads_csv() -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("email", "first_name", "last_name", "company", "title", "timezone", "tags"))
    for number in range(LEADS):
        first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
        company = COMPANIES[number % len(COMPANIES)]
        domain = company.split()[0].lower()
        address = f"{first}.{last}{number}@{domain}.example".lower()
        title = ("Head of Growth", "Operations Lead", "CTO")[number % 3]
        rows.writerow(
            (address, first, last, company, title, ZONES[number % len(ZONES)], ("trial", "event")[number % 2])
        )
    return text.getvalue()


async def imported(http: httpx.AsyncClient, file: str, status: str | None = None) -> str:
    made = await call(http.post("/sequences/import", content=(EXAMPLES / file).read_bytes(), headers=YAML))
    if status is not None:
        await call(http.put(f"/sequences/{made['id']}", json={"status": status}))
    return made["id"]


async def until_mailed(http: httpx.AsyncClient, count: int) -> None:
    """Waits until the outbox of captured mail has this many messages."""
    while True:
        if len((await call(http.get("/dev/outbox", params={"limit": 200})))["items"]) >= count:
            return
        await asyncio.sleep(0.5)


async def event(http: httpx.AsyncClient, lead_id: str, **what: Any) -> None:
    await call(http.post(f"/leads/{lead_id}/events", json=what))


async def call(answering: Any) -> Any:
    answer = await answering
    assert answer.is_success, answer.text
    return answer.json()
