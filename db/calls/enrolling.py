"""enrolling.sql: which leads may be enrolled, and which mailbox sends to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall, call_sql


def domain_and_parents(domain: str) -> str:
    """SQL expression: the domain and all domains above it, as an array."""
    return call_sql("domain_and_parents", p_domain=domain)


def is_suppressed(tenant_id: str, email: str) -> str:
    """SQL expression: whether the tenant never sends to this address. `IsSuppressed` asks the same in a call of its
    own."""
    return call_sql("is_suppressed", p_tenant_id=tenant_id, p_email=email)


def first_mailbox(tenant_id: str) -> str:
    """SQL expression: the mailbox for an enrollment that was made before the tenant had one."""
    return call_sql("first_mailbox", p_tenant_id=tenant_id)


@dataclass(frozen=True, kw_only=True)
class IsSuppressed(SqlCall[bool], function="is_suppressed"):
    """Whether the tenant never sends to this address (lower case)."""

    tenant_id: UUID
    email: str

    def read(self, answer: Any) -> bool:
        return bool(answer)


@dataclass(frozen=True, kw_only=True)
class SenderFor(SqlCall[UUID | None], function="sender_for"):
    """The mailbox that would send to the lead if it was enrolled now. `mailbox_ids`: the choice; empty: all of the
    tenant."""

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
    """Enrolls leads. Answers one row for each different lead, in the requested order: `lead_id`, `outcome`, `until`,
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
