"""events.sql: what a lead does, and its consequences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class LockLiveEnrollments(SqlCall[None], function="lock_live_enrollments", select="SELECT id, lead_id FROM {call}"):
    """Locks the lead's live enrollments and the enrollment `about`. With `company_domain` also those of its colleagues
    that react to a reply. Answers rows of the live ones: `id`, `lead_id`."""

    tenant_id: UUID
    lead_id: UUID
    company_domain: str | None
    about: UUID | None


@dataclass(frozen=True, kw_only=True)
class ReceiveEvent(SqlCall[dict[str, Any]], function="receive_event", json=("event", "demand")):
    """Records an event and applies its consequences. Answers `recorded`, `stopped`, `live`, `company_stopped`,
    `company_paused`."""

    tenant_id: UUID
    event: Mapping[str, Any]
    demand: Mapping[str, Any] | None
    company_domain: str | None
