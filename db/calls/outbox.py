"""outbox.sql: what Temporal is still to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class _ClaimOutbox(SqlCall[list[dict[str, Any]]], function="claim_outbox"):
    tenant_id: UUID
    limit: int
    lease: timedelta

    def read(self, answer: Any) -> list[dict[str, Any]]:
        return answer or []


# A statement for each of the two, so that each keeps a plan of its own: signals are found by an index of their own,
# among any number of starts.
_CLAIMED = "SELECT jsonb_agg(c ORDER BY c.id) FROM {call} c"


@dataclass(frozen=True, kw_only=True)
class ClaimStarts(_ClaimOutbox, function="claim_outbox", select=_CLAIMED, constants={"p_starts": "true"}):
    """Starts of enrollments, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class ClaimSignals(_ClaimOutbox, function="claim_outbox", select=_CLAIMED, constants={"p_starts": "false"}):
    """Commands for enrollments that run, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class SettleOutbox(SqlCall[None], function="settle_outbox"):
    """These rows were delivered."""

    tenant_id: UUID
    ids: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class PostponeOutbox(SqlCall[None], function="postpone_outbox"):
    """These rows could not be delivered, and why."""

    tenant_id: UUID
    ids: Sequence[int]
    error: str


@dataclass(frozen=True, kw_only=True)
class CountDue(SqlCall[int], function="count_due"):
    """How many of these enrollments have a step that is due, and not failing."""

    tenant_id: UUID
    enrollment_ids: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class OverdueEnrollments(SqlCall[None], function="overdue_enrollments", select="SELECT * FROM {call}"):
    """Rows like those of the outbox, without an `id`, of enrollments whose step has been due for so long."""

    tenant_id: UUID
    overdue_after: timedelta
    limit: int


@dataclass(frozen=True, kw_only=True)
class BatchesToDrive(SqlCall[list[UUID]], function="batches_to_drive"):
    """The open batches that no other driver holds, the oldest first."""

    tenant_id: UUID
    driver: UUID

    def read(self, answer: Any) -> list[UUID]:
        return list(answer)
