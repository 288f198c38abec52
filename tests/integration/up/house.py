"""`House`: a client of a running home for tests, over its API, its captured mail and its database."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from mail.capture.store import CapturedMessage, CaptureStore
from tests.integration.up.up_run import PATIENCE_SECONDS, UpRun

Sent = set[tuple[str, str]]
"""Pairs of a lead's address and an email's subject (or a step's key)."""


@dataclass
class House:
    """A running home, with access to its API, its captured mail and its database."""

    up: UpRun

    def __post_init__(self) -> None:
        run = self.up.wait_until_ready()
        self.database_url: str = run["admin_database_url"]
        headers = {"Authorization": f"Bearer {run['api_key']}"}
        self.http = httpx.Client(base_url=run["api_url"], headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        self.tenant_id: str = run["tenant_id"]
        self.temporal_address: str = run["temporal_address"]

    def call(self, method: str, path: str, **request: Any) -> Any:
        answer = self.http.request(method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def mail(self) -> list[CapturedMessage]:
        return CaptureStore(self.up.home / "outbox").list(1000)

    def sent(self) -> Sent:
        emails = [(message.to[0], message.subject) for message in self.mail()]
        assert len(set(emails)) == len(emails), "nobody is sent the same email twice"
        return set(emails)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Runs a query as the database's owner, within the home's tenant."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute("SELECT set_config('app.tenant_id', %s, false)", (self.tenant_id,))
            return connection.execute(query.encode()).fetchall()

    def ledger(self, status: str) -> Sent:
        rows = self.rows(
            "SELECT l.email, t.key FROM messages m JOIN leads l ON l.id = m.lead_id"
            f" JOIN sequence_steps t ON t.id = m.step_id WHERE m.status = '{status}'"
        )
        return {(email, key) for email, key in rows}

    def statuses(self) -> list[tuple[str, str]]:
        """Returns the status and step key of every enrollment."""
        rows = self.rows(
            "SELECT s.status, coalesce(t.key, '') FROM lead_sequence_state s"
            " LEFT JOIN sequence_steps t ON t.tenant_id = s.tenant_id AND t.id = s.current_step_id"
        )
        return [(status, key) for status, key in rows]

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"did not happen: {what}"
            time.sleep(0.1)

    def until_statuses(self, expected: Sequence[tuple[str, str]]) -> None:
        """Waits until the enrollments have these statuses and steps, in any order."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (statuses := sorted(self.statuses())) != sorted(expected):
            assert time.monotonic() < deadline, f"{statuses}\nis not\n{sorted(expected)}"
            time.sleep(0.1)

    def until_sent(self, emails: Iterable[tuple[str, str]]) -> None:
        wanted = set(emails)
        self.until(lambda: wanted <= self.sent(), f"{sorted(wanted)} are sent")

    def leads(self) -> dict[str, str]:
        """Returns the IDs of all leads by address."""
        return {lead["email"]: lead["id"] for lead in self.call("GET", "/leads", params={"limit": 200})["items"]}

    def set_min_gap(self, seconds: int) -> None:
        """Sets the minimum time between two emails of the one mailbox."""
        [mailbox] = self.call("GET", "/mailboxes")["items"]
        self.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"min_gap_seconds": seconds})

    def import_leads(self, addresses: Sequence[str]) -> None:
        csv = "email,first_name\n" + "".join(f"{address},Ada\n" for address in addresses)
        self.call("POST", "/leads/import", files={"file": ("leads.csv", csv.encode(), "text/csv")})

    def sequence(self, name: str, steps: Sequence[dict[str, Any]], **settings: Any) -> str:
        """Creates and activates a sequence. Returns its ID."""
        made = self.call("POST", "/sequences", json={"name": name, "steps": list(steps), "settings": settings})
        self.call("PUT", f"/sequences/{made['id']}", json={"status": "active"})
        return made["id"]

    def enroll(self, sequence_id: str, addresses: Sequence[str]) -> None:
        ids = self.leads()
        body = {"sequence_id": sequence_id, "lead_ids": [ids[address] for address in addresses]}
        self.call("POST", "/leads/enroll-in-sequence", json=body)

    def forward(self, by: str, addresses: Sequence[str]) -> None:
        ids = self.leads()
        for address in addresses:
            state = self.call("GET", f"/leads/{ids[address]}/sequence-state")
            for enrollment in state["enrollments"]:
                self.call("POST", "/dev/fast-forward", json={"by": by, "enrollment_id": enrollment["id"]})

    def steer(self, command: str, addresses: Sequence[str], **how: str) -> None:
        """`command` is `pause`, `resume` or `stop`."""
        ids = self.leads()
        for address in addresses:
            self.call("POST", f"/leads/{ids[address]}/{command}-sequence", json=how)

    def event(self, address: str, **event: Any) -> None:
        self.call("POST", f"/leads/{self.leads()[address]}/events", json=event)

    def to_the_end(self) -> dict[str, str]:
        """Moves the clocks until all enrollments have ended. Returns how each ended, by address."""
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
