"""performing.sql: what performing a step reads, and the record of what it did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.calls.rows import DESCRIBED
from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class LoadEnrollment(SqlCall[dict[str, Any] | None], function="load_enrollment"):
    """Everything that performing a step reads; None when there is no such enrollment."""

    tenant_id: UUID
    enrollment_id: UUID


@dataclass(frozen=True, kw_only=True)
class LoadPlan(SqlCall[dict[str, Any]], function="load_plan"):
    """The plan of a published version."""

    tenant_id: UUID
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class LoadVariantWinner(SqlCall[str | None], function="load_variant_winner"):
    """The variant that has won at this step, once one has."""

    tenant_id: UUID
    step_id: UUID


@dataclass(frozen=True, kw_only=True)
class AdvanceToNextStep(SqlCall[dict[str, Any]], function="advance_to_next_step", json=("decisions", "effect", "next")):
    """Records what a step did and moves the enrollment on, once. Answers its directive and `applied`."""

    tenant_id: UUID
    enrollment_id: UUID
    from_step_id: UUID
    version_id: UUID
    now: datetime
    decisions: list[dict[str, Any]]
    effect: dict[str, Any] | None
    next: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class AdvanceAndChangeLead(SqlCall[dict[str, Any]], function="advance_and_change_lead"):
    """AdvanceToNextStep for an action that changes its lead and nothing else: both or neither."""

    tenant_id: UUID
    enrollment_id: UUID
    from_step_id: UUID
    version_id: UUID
    now: datetime
    decisions: list[dict[str, Any]]
    effect: dict[str, Any]
    next: dict[str, Any]
    lead_id: UUID
    change: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class FailLeadSequence(SqlCall[dict[str, Any]], function="fail_lead_sequence", select=DESCRIBED):
    """A step failed for good. Answers the described directive."""

    tenant_id: UUID
    enrollment_id: UUID
    error: str
    now: datetime


@dataclass(frozen=True, kw_only=True)
class NoteStepError(SqlCall[None], function="note_step_error"):
    """Why a step is being tried again."""

    tenant_id: UUID
    enrollment_id: UUID
    error: str
