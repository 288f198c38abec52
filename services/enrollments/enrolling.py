"""Enrolls leads. The enrollment and its outbox row are one transaction, so that neither is lost.

Postgres decides who may be enrolled, for all leads in one statement (`enroll_lead_in_sequence`). This module gives
its answers their meaning.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.calls.enrolling import EnrollLeadInSequence
from db.queries.enrollments import enrolling
from db.session import WriteSession
from domain.access.tenant_policy import TenantSettings
from domain.errors import NotFound, SequenceNotActive
from domain.mailboxes.forecast import Forecast
from domain.sequences.sequence import Plan

WHY_SKIPPED = {
    "already_enrolled": "the lead is in this sequence already",
    "not_found": "there is no such lead",
    "invalid_email": "no message can be written to the lead's address",
    "bounced": "mail to this address has bounced",
    "unsubscribed": "the lead has unsubscribed",
    "suppressed": "the address or its domain is on the suppression list",
    "in_exclusive_sequence": "the lead is in another sequence, and one of the two is exclusive",
    "cooling_down": "the lead has been in this sequence, which takes nobody twice",
    "contact_capped": "the lead is in as many sequences as your settings allow at a time",
}
# For the reasons that end with time.
_WHY_UNTIL = {
    "cooling_down": "the lead has been in this sequence and may enter it again from {until} on",
    "contact_capped": "the lead was sent as many emails as your settings allow, until {until}",
}
_TWICE = "the lead stands in this request twice"
_OF_SEQUENCE = {"exclusive", "allow_reenrollment", "reenroll_after_days"}
_OF_TENANT = {"max_live_enrollments", "max_emails", "max_emails_days"}


@dataclass(frozen=True, slots=True)
class Enrolled:
    lead_id: UUID
    enrollment_id: UUID | None
    """None in a dry run."""
    mailbox_id: UUID | None = None
    """The mailbox that will write to it. None while the tenant has no mailbox."""


@dataclass(frozen=True, slots=True)
class Skipped:
    lead_id: UUID
    code: str
    detail: str
    until: datetime | None = None
    """When the reason ends with time, if it does."""


@dataclass(frozen=True, slots=True)
class EnrollResult:
    batch_id: UUID | None
    enrolled: list[Enrolled]
    skipped: list[Skipped]
    forecast: Forecast | None = None
    """In a dry run: when the leads would be sent their first email."""

    @property
    def by_mailbox(self) -> Counter[UUID]:
        """How many enrolled leads each mailbox writes to."""
        return Counter(one.mailbox_id for one in self.enrolled if one.mailbox_id is not None)


async def enroll(
    session: WriteSession,
    *,
    sequence_id: UUID,
    lead_ids: Sequence[UUID],
    campaign_id: UUID | None = None,
    batch_id: UUID | None = None,
    again_after_days: int = 0,
    dry_run: bool = False,
) -> EnrollResult:
    """Enrolls each lead, or gives the reason why not. The first step is due after its own delay.

    `again_after_days`: the least number of days since the lead's last enrollment, even where the sequence allows a
    shorter time.

    Raises NotFound (sequence, campaign) and SequenceNotActive. After the caller's commit the dispatcher tells Temporal.
    """
    tenant = await hold_active_sequence(session, sequence_id)
    if campaign_id is not None and not await enrolling.campaign_exists(session, campaign_id):
        raise NotFound(f"no campaign {campaign_id}")
    version = await enrolling.current_version(session, sequence_id)
    plan, now = Plan.model_validate(version.plan), version.now
    due_by_zone = await _due_by_zone(session, plan, lead_ids, now)
    enroll = EnrollLeadInSequence(
        tenant_id=session.tenant_id,
        lead_ids=list(lead_ids),
        sequence_id=sequence_id,
        version_id=version.id,
        first_step_id=plan.first.id,
        waiting_for=plan.first.config.listens_for,
        due_at=plan.first.due_at(now, plan.zones("")),
        due_by_zone={zone: moment.isoformat() for zone, moment in due_by_zone.items()},
        campaign_id=campaign_id,
        batch_id=batch_id,
        policy=_policy(plan, tenant, again_after_days),
        mailbox_ids=list(plan.settings.mailbox_ids),
        now=now,
        dry_run=dry_run,
    )
    rows = await enroll.all_within(session)
    return EnrollResult(
        batch_id=batch_id,
        enrolled=[
            Enrolled(row.lead_id, row.enrollment_id, row.mailbox_id) for row in rows if row.outcome == "enrolled"
        ],
        skipped=[
            *(_skipped(row.lead_id, row.outcome, row.until) for row in rows if row.outcome != "enrolled"),
            *(Skipped(lead_id, "already_enrolled", _TWICE) for lead_id in _repeated(lead_ids)),
        ],
    )


async def hold_active_sequence(session: WriteSession, sequence_id: UUID) -> TenantSettings:
    """Locks an active sequence until the transaction ends, so that it stays active. Raises NotFound,
    SequenceNotActive."""
    held = await enrolling.hold_sequence(session, sequence_id)
    if held is None:
        raise NotFound(f"no sequence {sequence_id}")
    if held.status != "active":
        raise SequenceNotActive(f"the sequence is {held.status}; activate it first", extra={"state": held.status})
    return TenantSettings.model_validate(held.tenant_settings)


async def _due_by_zone(
    session: WriteSession, plan: Plan, lead_ids: Sequence[UUID], now: datetime
) -> dict[str, datetime]:
    """When the first step is due, by the leads' time zone. Empty when the step does not depend on the zone."""
    if not plan.first.config.reckons_in_lead_zone:
        return {}
    zones = await enrolling.zones_of(session, lead_ids)
    return {zone: plan.first.due_at(now, plan.zones(zone)) for zone in zones}


def _policy(plan: Plan, tenant: TenantSettings, again_after_days: int) -> dict[str, Any]:
    """The rules of the version and of the tenant, in the form that `enroll_lead_in_sequence` takes."""
    policy = {**plan.settings.model_dump(include=_OF_SEQUENCE), **tenant.model_dump(include=_OF_TENANT)}
    return {**policy, "reenroll_after_days": max(plan.settings.reenroll_after_days, again_after_days)}


def _skipped(lead_id: UUID, code: str, until: datetime | None) -> Skipped:
    if until is None:
        return Skipped(lead_id, code, WHY_SKIPPED[code])
    return Skipped(lead_id, code, _WHY_UNTIL[code].format(until=f"{until:%Y-%m-%d %H:%M} UTC"), until)


def _repeated(lead_ids: Sequence[UUID]) -> list[UUID]:
    seen: set[UUID] = set()
    return [lead_id for lead_id in lead_ids if lead_id in seen or seen.add(lead_id)]
