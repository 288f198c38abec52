"""outbox.sql: commands that Temporal has not received yet."""

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


# Two statements, so that each has a query plan of its own. Signals are found by their own index, however many starts
# there are.
_CLAIMED = "SELECT jsonb_agg(c ORDER BY c.id) FROM {call} c"


@dataclass(frozen=True, kw_only=True)
class ClaimStarts(_ClaimOutbox, function="claim_outbox", select=_CLAIMED, constants={"p_starts": "true"}):
    """Claims starts of workflows, oldest first."""


@dataclass(frozen=True, kw_only=True)
class ClaimSignals(_ClaimOutbox, function="claim_outbox", select=_CLAIMED, constants={"p_starts": "false"}):
    """Claims commands for running workflows, oldest first."""


@dataclass(frozen=True, kw_only=True)
class SettleOutbox(SqlCall[None], function="settle_outbox"):
    """Removes rows that were delivered."""

    tenant_id: UUID
    ids: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class PostponeOutbox(SqlCall[None], function="postpone_outbox"):
    """Ends the lease of rows that could not be delivered, and stores the reason."""

    tenant_id: UUID
    ids: Sequence[int]
    error: str


@dataclass(frozen=True, kw_only=True)
class CountDue(SqlCall[int], function="count_due"):
    """How many of these enrollments have a step that is due and not failing."""

    tenant_id: UUID
    enrollment_ids: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class OverdueEnrollments(SqlCall[None], function="overdue_enrollments", select="SELECT * FROM {call}"):
    """Rows like those of the outbox, but without an `id`, for enrollments whose step has been due for
    `overdue_after`."""

    tenant_id: UUID
    overdue_after: timedelta
    limit: int


@dataclass(frozen=True, kw_only=True)
class BatchesToDrive(SqlCall[list[UUID]], function="batches_to_drive"):
    """The open batches that no other driver holds, oldest first."""

    tenant_id: UUID
    driver: UUID

    def read(self, answer: Any) -> list[UUID]:
        return list(answer)
