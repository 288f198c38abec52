"""The corpus of inbound mail, and the tenant that receives it: two mailboxes, and a lead for each language.

`inbound/manifest.json` says of each message what it is: `classification`; then, as far as it tells something, `rule`,
`returns_on`, `recipient`, `status`, `note`, the `lead` whose it is and the rule that says so (`matched_by`).
`stranger`: only the tenant's data tell that it is nobody's.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from db.session import Database, WriteSession
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from services.enrollments.enrolling import enroll
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence

INBOUND = Path(__file__).parent / "inbound"
TENANT_ID = UUID("0b5b7e0a-0000-4000-8000-0000000000aa")
MAILBOXES = ("sam@outreach.example", "kim@outreach.example")
LEADS = {
    name: (UUID(f"0b5b7e0a-0001-4000-8000-{number:012d}"), email)
    for number, (name, email) in enumerate(
        {
            "ada": "ada@acme.example",
            "jonas": "jonas@werk.example",
            "claire": "claire@atelier.example",
            "maria": "maria@sol.example",
            "joao": "joao@mar.example",
            "pieter": "pieter@dijk.example",
            "giulia": "giulia@vino.example",
            "kenji": "kenji@sakura.example",
            "ben": "ben@mail.example",
            "eve": "eve@outreach.example",
            "info": "info@shop.example",
        }.items(),
        1,
    )
}
"""The message of each lead: its ID and the address that it was sent to."""


class Specimen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: str
    classification: str
    rule: str | None = None
    returns_on: str | None = None
    recipient: str | None = None
    status: str | None = None
    note: str | None = None
    lead: str | None = None
    matched_by: str | None = None
    stranger: bool = False

    @property
    def raw(self) -> bytes:
        return (INBOUND / self.file).read_bytes()

    @property
    def names_date(self) -> bool:
        """Whether the manifest says something about its return date (also that there is none)."""
        return "returns_on" in self.model_fields_set

    @property
    def told_by_bytes(self) -> str | None:
        """Its classification without a tenant's data; None if it depends on them."""
        return None if self.stranger or self.classification == "own" else self.classification


def specimens(*manifests: str) -> list[Specimen]:
    """Reads `manifest.json` and `heldout/manifest.json` (written before the rules), or the given manifests."""
    named = manifests or ("manifest.json", "heldout/manifest.json")
    return [Specimen.model_validate(one) for name in named for one in json.loads((INBOUND / name).read_text("utf-8"))]


async def settle(database: Database) -> dict[str, UUID]:
    """Creates the corpus' tenant. Returns the enrollment of each of its leads, each of which was sent one message."""
    step = {"key": "intro", "type": "email", "config": {"subject": "Hello", "body_text": "Hi there"}}
    async with database.write(TENANT_ID) as session:
        await session.execute(
            text("INSERT INTO tenants (id, name, postal_address) VALUES (:id, 'Corpus', '1 Main St, Springfield')"),
            {"id": TENANT_ID},
        )
        await _add(session, "mailboxes", [{"email": email, "name": "Sam"} for email in MAILBOXES])
        leads = [{"id": uuid4(), "email": email} for _, email in LEADS.values()]
        await _add(session, "leads", leads)
        steps = [StepSpec.model_validate(one) for one in (step, {"key": "w", "type": "delay", "config": {"days": 3}})]
        made = await create_sequence(session, name="Corpus", description="", settings=SequenceSettings(), steps=steps)
        await change_sequence(session, made.row.id, SequenceChanges(status="active"))
        enrolled = await enroll(session, sequence_id=made.row.id, lead_ids=[lead["id"] for lead in leads])
        of_lead = {one.lead_id: one.enrollment_id for one in enrolled.enrolled}
        enrollments = {name: of_lead[lead["id"]] for name, lead in zip(LEADS, leads, strict=True)}
        for name, (message_id, _) in LEADS.items():
            await session.execute(
                _SENT, {"id": message_id, "enrollment": enrollments[name], "rfc": f"<{message_id}@outreach.example>"}
            )
    return enrollments


class _Undone(Exception):
    pass


@asynccontextmanager
async def undone(database: Database) -> AsyncGenerator[WriteSession]:
    """A transaction of the corpus' tenant that is rolled back."""
    try:
        async with database.write(TENANT_ID) as session:
            yield session
            raise _Undone
    except _Undone:
        pass


_SENT = text("""
    INSERT INTO messages (tenant_id, id, enrollment_id, sequence_id, lead_id, mailbox_id, step_id, visit, status,
                          rfc_message_id, subject, reserved_at, sent_at)
    SELECT tenant_id, :id, id, sequence_id, lead_id, mailbox_id, current_step_id, 1, 'sent', :rfc, 'Hello', now(), now()
      FROM lead_sequence_state WHERE id = :enrollment
""")


async def _add(session: WriteSession, table: str, rows: list[dict[str, Any]]) -> None:
    names = ["tenant_id", *rows[0]]
    statement = text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})")
    await session.execute(statement, [{"tenant_id": TENANT_ID, **row} for row in rows])
