"""performing.sql: reads what a step needs, and records what it did."""

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
    """The winning variant of this step; None while none has been chosen."""

    tenant_id: UUID
    step_id: UUID


@dataclass(frozen=True, kw_only=True)
class AdvanceToNextStep(SqlCall[dict[str, Any]], function="advance_to_next_step", json=("decisions", "effect", "next")):
    """Records what a step did and moves the enrollment on, at most once. Answers its directive and `applied`."""

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
    """As AdvanceToNextStep, for an action that only changes its lead. Both are committed, or neither."""

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
    """Records that a step has failed permanently. Answers the described directive."""

    tenant_id: UUID
    enrollment_id: UUID
    error: str
    now: datetime


@dataclass(frozen=True, kw_only=True)
class NoteStepError(SqlCall[None], function="note_step_error"):
    """Records why a step is being tried again."""

    tenant_id: UUID
    enrollment_id: UUID
    error: str
