"""A home that is backed up while its leads are mailed, dies, and comes back elsewhere: none lost, none mailed twice."""

import re
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from cadenza.restore import restore
from mail.outbox_store import CapturedMessage, OutboxStore
from tests.integration.cli.conftest import run_program
from tests.integration.up.up_run import PATIENCE_SECONDS, UpRun

STEPS: list[dict[str, Any]] = [
    {"key": "one", "type": "email", "config": {"subject": "one", "body_text": "Hello {{first_name}}"}},
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "two", "type": "email", "config": {"subject": "two", "body_text": "Hello again"}},
    {"key": "three", "type": "email", "config": {"subject": "three", "body_text": "By the way"}},
    {"key": "hark", "type": "wait_for", "config": {"event": "clicked", "timeout_days": 2}},
    {"key": "four", "type": "email", "config": {"subject": "four", "body_text": "Goodbye"}},
]
EMAILS = ("one", "two", "three", "four")
ASLEEP, NEAR, PAUSED, CROWD = 12, 6, 8, 14

Sent = set[tuple[str, str]]
"""Address and step."""


@dataclass
class House:
    """A running home, asked over its API, its mail and its database."""

    up: UpRun

    def __post_init__(self) -> None:
        run = self.up.wait_until_ready()
        self.database_url: str = run["admin_database_url"]
        headers = {"Authorization": f"Bearer {run['api_key']}"}
        self.http = httpx.Client(base_url=run["api_url"], headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        self.tenant_id: str = run["tenant_id"]

    def call(self, method: str, path: str, **request: Any) -> Any:
        answer = self.http.request(method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def mail(self) -> list[CapturedMessage]:
        return OutboxStore(self.up.home / "outbox").list(1000)

    def sent(self) -> Sent:
        letters = [(message.to[0], message.subject) for message in self.mail()]
        assert len(set(letters)) == len(letters), "nobody is sent the same email twice"
        return set(letters)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """As the owner, for the home's tenant."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute("SELECT set_config('app.tenant_id', %s, false)", (self.tenant_id,))
            return connection.execute(query.encode()).fetchall()

    def ledger(self, status: str) -> Sent:
        rows = self.rows(
            "SELECT l.email, t.key FROM messages m JOIN leads l ON l.id = m.lead_id"
            f" JOIN sequence_steps t ON t.id = m.step_id WHERE m.status = '{status}'"
        )
        return {(email, key) for email, key in rows}

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"did not happen: {what}"
            time.sleep(0.1)

    def until_sent(self, letters: Iterable[tuple[str, str]]) -> None:
        wanted = set(letters)
        self.until(lambda: wanted <= self.sent(), f"{sorted(wanted)} are sent")

    def leads(self) -> dict[str, str]:
        """IDs by address."""
        return {lead["email"]: lead["id"] for lead in self.call("GET", "/leads", params={"limit": 200})["items"]}

    def pace(self, seconds: int) -> None:
        """So long between two emails of the one mailbox."""
        [mailbox] = self.call("GET", "/mailboxes")["items"]
        self.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"min_gap_seconds": seconds})

    def forward(self, by: str, addresses: Sequence[str]) -> None:
        ids = self.leads()
        for address in addresses:
            state = self.call("GET", f"/leads/{ids[address]}/sequence-state")
            for enrollment in state["enrollments"]:
                self.call("POST", "/dev/fast-forward", json={"by": by, "enrollment_id": enrollment["id"]})

    def resume(self, addresses: Sequence[str]) -> None:
        ids = self.leads()
        for address in addresses:
            self.call("POST", f"/leads/{ids[address]}/resume-sequence", json={"mode": "original_schedule"})

    def to_the_end(self) -> dict[str, str]:
        """How each lead's enrollment ended, by address."""
        live = "SELECT count(*) FROM lead_sequence_state WHERE ended_at IS NULL"
        for _ in range(20):
            if self.rows(live) == [(0,)]:
                break
            self.call("POST", "/dev/fast-forward", json={"by": "P1D"})
        rows = self.rows(
            "SELECT l.email, s.status || coalesce(': ' || s.stop_reason, '')"
            " FROM lead_sequence_state s JOIN leads l ON l.id = s.lead_id"
        )
        return dict(rows)


@pytest.fixture
def folder() -> Generator[Path]:
    """Not pytest's own, which PostgreSQL's account, under root, could not get into."""
    with tempfile.TemporaryDirectory(prefix="cadenza-tests-") as made:
        yield Path(made)


@pytest.fixture
def runs() -> Generator[list[UpRun]]:
    started: list[UpRun] = []
    yield started
    for run in started:
        run.close()


@dataclass
class People:
    """Addresses, by what befalls them."""

    asleep: list[str]
    near: list[str]
    paused: list[str]
    crowd: list[str]

    @property
    def all(self) -> list[str]:
        return [*self.asleep, *self.near, *self.paused, *self.crowd]


def in_flight(house: House) -> People:
    """Some three dozen leads: asleep for days, asleep for seconds, paused, and just about to be mailed."""
    addresses = [f"lead-{number:02}@acme.example" for number in range(ASLEEP + NEAR + PAUSED + CROWD)]
    csv = "email,first_name\n" + "".join(f"{address},Ada\n" for address in addresses)
    house.call("POST", "/leads/import", files={"file": ("leads.csv", csv.encode(), "text/csv")})
    sequence = house.call("POST", "/sequences", json={"name": "In flight", "steps": STEPS})["id"]
    house.call("PUT", f"/sequences/{sequence}", json={"status": "active"})
    ids, rest = house.leads(), iter(addresses)
    people = People(*([next(rest) for _ in range(count)] for count in (ASLEEP, NEAR, PAUSED, CROWD)))

    def enroll(some: Sequence[str]) -> None:
        body = {"sequence_id": sequence, "lead_ids": [ids[address] for address in some]}
        house.call("POST", "/leads/enroll-in-sequence", json=body)

    early = [*people.asleep, *people.near, *people.paused]
    enroll(early)
    house.until_sent((address, "one") for address in early)
    for address in people.paused:
        house.call("POST", f"/leads/{ids[address]}/pause-sequence", json={})
    house.forward("P4D", people.paused)
    house.pace(1)
    house.forward("P2DT23H59M50S", people.near)
    enroll(people.crowd)
    return people


async def test_none_is_lost_and_none_is_mailed_twice(folder: Path, runs: list[UpRun]) -> None:
    def up(home: str) -> House:
        runs.append(UpRun(folder / home, "--dev", module="cadenza"))
        return House(runs[-1])

    async def does(*arguments: str) -> str:
        ran = await run_program(*arguments, environment={})
        assert ran.status == 0, ran.err
        return ran.out

    old = up("old")
    people = in_flight(old)
    file = folder / "backup.cadenza"
    await does("backup", str(file), "--home", str(old.up.home))
    assert file.stat().st_mode & 0o777 == 0o600

    # The old home goes on: the crowd is mailed, the near ones wake, and somebody lets the paused ones go.
    old.resume(people.paused)
    old.until_sent([(address, "one") for address in people.crowd])
    old.until_sent([(address, key) for address in [*people.near, *people.paused] for key in ("two", "three")])
    old.up.kill_everything()
    before, letters = old.sent(), {(one.to[0], one.subject): one for one in old.mail()}

    said = await does("restore", str(file), "--home", str(folder / "new"))
    assert f"{len(people.all)} enrollments are on their way" in said
    new = up("new")
    marked = new.ledger("unknown")
    assert f"sent {len(marked)} emails" in said
    in_gap = before - new.ledger("sent") - new.ledger("sending")
    assert {(address, key) for address in people.paused for key in ("two", "three")} <= in_gap <= marked

    # What left in the gap leads back here: its link to unsubscribe, and its Message-ID.
    ids = new.leads()
    gone, answered, *others = people.paused
    link = re.search(r"<http://[^/]+(/u/[^>]+)>", letters[gone, "two"].headers["List-Unsubscribe"])
    assert link is not None
    assert new.http.post(link[1], data={"List-Unsubscribe": "One-Click"}).is_success
    event = {"type": "reply", "message_id": letters[answered, "three"].message_id}
    new.call("POST", f"/leads/{ids[answered]}/events", json=event)
    told = "SELECT t.key FROM lead_engagement e JOIN sequence_steps t ON t.id = e.step_id WHERE e.type = 'reply'"
    assert new.rows(told) == [("three",)]

    new.pace(0)
    new.resume(others)
    ended = new.to_the_end()
    expected = {address: "completed" for address in people.all}
    assert ended == expected | {gone: "stopped: unsubscribed", answered: "stopped: replied"}
    after, unknown = new.sent(), new.ledger("unknown")
    assert before & after == set()
    assert unknown & after == set()
    assert marked <= unknown <= marked | before
    went_on = [address for address in people.all if address not in (gone, answered)]
    everything = {(address, key) for address in went_on for key in EMAILS}
    assert everything <= before | after | unknown
    assert new.up.end() == 0

    # Without the marks the same home would have written to all of them again.
    await restore(file, folder / "careless", stopped_at=None, mark=False)
    careless = up("careless")
    careless.pace(0)
    careless.resume(people.paused)
    assert set(careless.to_the_end().values()) == {"completed"}
    assert before & careless.sent() == in_gap
    assert careless.up.end() == 0
