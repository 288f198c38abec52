"""Finds messages that the tenant itself sent, and records unknown outcomes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from db.models import Message
from db.session import ReadSession, WriteSession
from domain.enrollments.log_event import LogEvent

_GIVE_UP = text("""
    WITH given_up AS (
        UPDATE messages SET status = 'unknown'
         WHERE tenant_id = :tenant_id AND enrollment_id = :enrollment_id AND status = 'sending'
        RETURNING id, sequence_id, lead_id, step_id)
    INSERT INTO sequence_execution_log
           (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    SELECT :tenant_id, :enrollment_id, sequence_id, lead_id, step_id, CAST(:event AS text),
           jsonb_build_object('message_id', id, 'then', 'skip'), :now
      FROM given_up
""").bindparams(event=LogEvent.EMAIL_OUTCOME_UNKNOWN.value)


async def own_message_ids(session: ReadSession, rfc_message_ids: Sequence[str]) -> set[str]:
    """Returns those of the Message-IDs that the tenant has sent, or was about to send."""
    statement = select(Message.rfc_message_id).where(
        Message.tenant_id == session.tenant_id, Message.rfc_message_id.in_(rfc_message_ids)
    )
    return set((await session.scalars(statement)).all())


async def give_up_sending(session: WriteSession, enrollment_id: UUID, now: datetime) -> None:
    """Marks the outcome of a message as unknown, because its sender is presumed dead. If the sender is still alive, it
    records the real outcome later as usual."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "now": now}
    await session.execute(_GIVE_UP, key)
