"""A sequence whose history a test knows to the last row. It is written with the tenant's rights."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.session import Database
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence

INTRO = {"key": "intro", "name": "Introduction", "type": "email", "config": {"subject": "Hi", "body_text": "Hi"}}
WAIT = {"key": "wait", "type": "delay", "config": {"days": 3}}
CHECK = {
    "key": "check",
    "type": "condition",
    "config": {"branches": [{"if": "opened", "then": {"stop": True, "reason": "interested"}}]},
}
FOLLOW_UP = {"key": "follow-up", "type": "email", "config": {"subject": "Again", "body_text": "Again"}}

_LEAD = text("INSERT INTO leads (tenant_id, email) VALUES (:t, gen_random_uuid() || '@b.example') RETURNING id")
_ENROLLMENT = text("""
    INSERT INTO lead_sequence_state (tenant_id, lead_id, sequence_id, version_id, status, stop_reason, current_step_id,
                                     visits, enrolled_at, ended_at)
    VALUES (:t, :lead, :sequence, :version, :status, :reason, :step, :visits, :enrolled_at, :ended_at) RETURNING id
""").bindparams(bindparam("visits", type_=JSONB))
_MESSAGE = text("""
    INSERT INTO messages (tenant_id, id, enrollment_id, lead_id, mailbox_id, step_id, visit, status, rfc_message_id,
                          subject, reserved_at, sending_at, sent_at, sequence_id, variant)
    SELECT :t, CAST(:id AS uuid), s.id, s.lead_id, :mailbox, :step, 1, CAST(:status AS text), CAST(:id AS uuid)::text,
           'Hi', CAST(:at AS timestamptz), CAST(:at AS timestamptz),
           CASE WHEN CAST(:status AS text) = 'sent' THEN CAST(:at AS timestamptz) END, s.sequence_id, :variant
      FROM lead_sequence_state s WHERE s.tenant_id = :t AND s.id = :enrollment
""")
_DEED = text("""
    INSERT INTO lead_engagement (tenant_id, lead_id, enrollment_id, message_id, step_id, sequence_id, type, machine,
                                 detail, occurred_at)
    SELECT :t, m.lead_id, m.enrollment_id, m.id, m.step_id, m.sequence_id, :type, :machine, :detail, :at
      FROM messages m WHERE m.tenant_id = :t AND m.id = :message
""").bindparams(bindparam("detail", type_=JSONB))
_LOG = text("""
    INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail,
                                        occurred_at)
    SELECT :t, s.id, s.sequence_id, s.lead_id, :step, :event, :detail, :at
      FROM lead_sequence_state s WHERE s.tenant_id = :t AND s.id = :enrollment
""").bindparams(bindparam("detail", type_=JSONB))
# Many leads at once. Each of them was sent the first step and has completed.
_CROWD = """
INSERT INTO leads (tenant_id, email) SELECT :t, gen_random_uuid() || '@acme.example' FROM generate_series(1, :count);
INSERT INTO lead_sequence_state (tenant_id, lead_id, sequence_id, version_id, status, visits, enrolled_at, ended_at)
SELECT :t, l.id, :sequence, :version, 'completed', jsonb_build_object(CAST(:step AS text), 1), now(), now()
  FROM leads l WHERE l.tenant_id = :t AND NOT EXISTS (
           SELECT FROM lead_sequence_state s WHERE s.tenant_id = :t AND s.lead_id = l.id);
INSERT INTO messages (tenant_id, enrollment_id, lead_id, mailbox_id, step_id, visit, status, rfc_message_id, subject,
                      reserved_at, sent_at, sequence_id)
SELECT :t, s.id, s.lead_id, :mailbox, CAST(:step AS uuid), 1, 'sent', s.id::text, 'Hi', now(), now(), s.sequence_id
  FROM lead_sequence_state s
 WHERE s.tenant_id = :t AND s.sequence_id = :sequence
   AND NOT EXISTS (SELECT FROM messages m WHERE m.tenant_id = :t AND m.enrollment_id = s.id);
"""


@dataclass
class History:
    database: Database
    tenant_id: UUID
    sequence_id: UUID
    version_id: UUID
    mailbox_id: UUID
    steps: dict[str, UUID]

    async def enrollment(
        self,
        enrolled_at: datetime,
        status: str = "active",
        *,
        reason: str | None = None,
        ended_at: datetime | None = None,
        at_step: str | None = None,
        visited: tuple[str, ...] = (),
    ) -> UUID:
        async with self.database.write(self.tenant_id) as session:
            lead = text(
                "INSERT INTO leads (tenant_id, email) VALUES (:t, gen_random_uuid() || '@b.example') RETURNING id"
            )
            lead_id = (await session.execute(lead, {"t": self.tenant_id})).scalar_one()
            values = {
                **self._key(),
                "lead": lead_id,
                "status": status,
                "reason": reason,
                "step": self.steps[at_step] if at_step else None,
                "visits": {str(self.steps[key]): 1 for key in visited},
                "enrolled_at": enrolled_at,
                "ended_at": ended_at,
            }
            return (await session.execute(_ENROLLMENT, values)).scalar_one()

    async def message(
        self, enrollment_id: UUID, step: str, at: datetime, *, status: str = "sent", variant: str | None = None
    ) -> UUID:
        message_id = uuid4()
        values = {"id": message_id, "enrollment": enrollment_id, "step": self.steps[step], "status": status, "at": at}
        await self._write(_MESSAGE, **values, variant=variant, mailbox=self.mailbox_id)
        return message_id

    async def deed(self, message_id: UUID, kind: str, at: datetime, *, machine: bool = False, **detail: Any) -> None:
        await self._write(_DEED, message=message_id, type=kind, machine=machine, detail=detail, at=at)

    async def log(self, enrollment_id: UUID, step: str | None, event: str, at: datetime, **detail: Any) -> None:
        step_id = self.steps[step] if step else None
        await self._write(_LOG, enrollment=enrollment_id, step=step_id, event=event, detail=detail, at=at)

    async def crowd(self, count: int) -> None:
        """Adds this many leads, each of which was sent the intro just now."""
        async with self.database.write(self.tenant_id) as session:
            for statement in _CROWD.split(";\n")[:-1]:
                await session.execute(
                    text(statement),
                    {
                        **{name: value for name, value in self._key().items() if f":{name}" in statement},
                        **({"count": count} if ":count" in statement else {}),
                        **({"step": str(self.steps["intro"])} if ":step" in statement else {}),
                        **({"mailbox": self.mailbox_id} if ":mailbox" in statement else {}),
                    },
                )

    async def change(self, statement: str, **values: Any) -> None:
        await self._write(text(statement), **values)

    def _key(self) -> dict[str, Any]:
        return {"t": self.tenant_id, "sequence": self.sequence_id, "version": self.version_id}

    async def _write(self, statement: Any, **values: Any) -> None:
        async with self.database.write(self.tenant_id) as session:
            await session.execute(statement, {"t": self.tenant_id, **values})


async def new_history(database: Database, tenant_id: UUID) -> History:
    """An active sequence of four steps, published long ago, without leads."""
    async with database.write(tenant_id) as session:
        mailbox = text("INSERT INTO mailboxes (tenant_id, email) VALUES (:t, :email) RETURNING id")
        values = {"t": tenant_id, "email": f"{uuid4().hex}@sender.example"}
        mailbox_id = (await session.execute(mailbox, values)).scalar_one()
        steps = [StepSpec.model_validate(step) for step in (INTRO, WAIT, CHECK, FOLLOW_UP)]
        made = await create_sequence(session, name="Outreach", description="", settings=SequenceSettings(), steps=steps)
        await change_sequence(session, made.row.id, SequenceChanges(status="active"))
        key = {"t": tenant_id, "sequence": made.row.id}
        version = text("SELECT id FROM sequence_versions WHERE tenant_id = :t AND sequence_id = :sequence")
        version_id = (await session.execute(version, key)).scalar_one()
        ids = text("SELECT key, id FROM sequence_steps WHERE tenant_id = :t AND sequence_id = :sequence")
        by_key = {row.key: row.id for row in await session.execute(ids, key)}
    return History(database, tenant_id, made.row.id, version_id, mailbox_id, by_key)


def days(count: float) -> timedelta:
    return timedelta(days=count)
