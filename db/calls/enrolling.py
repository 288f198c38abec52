"""enrolling.sql: who may be enrolled, and which mailbox writes to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall, call_sql


def domain_and_parents(domain: str) -> str:
    """SQL: the domain and those above it, as an array."""
    return call_sql("domain_and_parents", p_domain=domain)


def is_suppressed(tenant_id: str, email: str) -> str:
    """SQL: whether the tenant never writes to this address. `IsSuppressed` asks it by itself."""
    return call_sql("is_suppressed", p_tenant_id=tenant_id, p_email=email)


def first_mailbox(tenant_id: str) -> str:
    """SQL: the mailbox of an enrollment that was made before the tenant had any."""
    return call_sql("first_mailbox", p_tenant_id=tenant_id)


@dataclass(frozen=True, kw_only=True)
class IsSuppressed(SqlCall[bool], function="is_suppressed"):
    """Whether the tenant never writes to this address (lower case)."""

    tenant_id: UUID
    email: str

    def read(self, answer: Any) -> bool:
        return bool(answer)


@dataclass(frozen=True, kw_only=True)
class SenderFor(SqlCall[UUID | None], function="sender_for"):
    """The mailbox that the lead would hear from if it was enrolled now. `mailbox_ids`: of these; none: of all."""

    tenant_id: UUID
    lead_id: UUID
    mailbox_ids: Sequence[UUID]


@dataclass(frozen=True, kw_only=True)
class EnrollLeadInSequence(
    SqlCall[None],
    function="enroll_lead_in_sequence",
    select="SELECT lead_id, outcome, until, enrollment_id, mailbox_id FROM {call}",
    json=("due_by_zone", "policy"),
):
    """Enrolls leads. One row for each different lead, in the order asked: `lead_id`, `outcome`, `until`,
    `enrollment_id` and `mailbox_id` (None where there is none)."""

    tenant_id: UUID
    lead_ids: Sequence[UUID]
    sequence_id: UUID
    version_id: UUID
    first_step_id: UUID
    waiting_for: str | None
    due_at: datetime
    due_by_zone: Mapping[str, str]
    campaign_id: UUID | None
    batch_id: UUID | None
    policy: Mapping[str, Any]
    mailbox_ids: Sequence[UUID]
    now: datetime
    dry_run: bool
