"""The clocks of enrollments, which development can move forward."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from db.calls.rows import is_live
from db.session import ReadSession, WriteSession

_TO_MOVE = text(f"""
    SELECT id, status, clock_offset FROM lead_sequence_state
     WHERE tenant_id = :tenant_id
       AND CASE WHEN CAST(:enrollment_id AS uuid) IS NULL THEN {is_live("status")}
                ELSE id = :enrollment_id END
     ORDER BY id
""")
# A step may already have moved the clock as far: it never goes back.
_MOVE = text("""
    UPDATE lead_sequence_state SET clock_offset = greatest(clock_offset, :offset)
     WHERE tenant_id = :tenant_id AND id = :enrollment_id
    RETURNING clock_timestamp() + clock_offset
""")
_DUE = text("""
    SELECT status IN ('pending', 'active') AND error IS NULL
           AND next_action_at <= clock_timestamp() + clock_offset
      FROM lead_sequence_state WHERE tenant_id = :tenant_id AND id = :enrollment_id
""")


async def enrollments_to_move(session: ReadSession, enrollment_id: UUID | None) -> Sequence[Row[Any]]:
    """Returns `id`, `status` and `clock_offset` of one enrollment, or of every live one."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id}
    return (await session.execute(_TO_MOVE, key)).all()


async def set_clock(session: WriteSession, enrollment_id: UUID, offset: timedelta) -> datetime:
    """Returns the time on the enrollment's clock after the change."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "offset": offset}
    return (await session.execute(_MOVE, key)).scalar_one()


async def has_due_work(session: ReadSession, enrollment_id: UUID) -> bool:
    """Whether a step is due and not failing, so that a worker is about to perform it."""
    return bool(await session.scalar(_DUE, {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id}))
