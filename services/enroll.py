"""Enrolling leads: the row and the word to Temporal are one transaction, so that neither is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from db.queries import enrolling
from db.session import WriteSession
from domain.errors import NotFound, SequenceNotActive
from services.plans import read_plan

WHY_SKIPPED = {
    "already_enrolled": "the lead is in this sequence already",
    "suppressed": "the address or its domain is on the suppression list",
    "bounced": "mail to this address has bounced",
    "unsubscribed": "the lead has unsubscribed",
    "not_found": "there is no such lead",
    "duplicate": "the lead stands in this request twice",
}


@dataclass(frozen=True, slots=True)
class Enrolled:
    lead_id: UUID
    enrollment_id: UUID | None
    """None in a dry run."""


@dataclass(frozen=True, slots=True)
class Skipped:
    lead_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class EnrollResult:
    batch_id: UUID
    enrolled: list[Enrolled]
    skipped: list[Skipped]


async def enroll(
    session: WriteSession,
    *,
    sequence_id: UUID,
    lead_ids: Sequence[UUID],
    campaign_id: UUID | None = None,
    dry_run: bool = False,
) -> EnrollResult:
    """Enrolls each lead, or says why not. Their first step is due after its own delay.

    Raises NotFound (sequence, campaign) and SequenceNotActive. The caller's commit makes it true, and the
    dispatcher tells Temporal.
    """
    sequence = await enrolling.sequence_to_enroll_in(session, sequence_id)
    if sequence is None:
        raise NotFound(f"no sequence {sequence_id}")
    if sequence.status != "active":
        raise SequenceNotActive(
            f"the sequence is {sequence.status}; activate it first", extra={"state": sequence.status}
        )
    if campaign_id is not None and not await enrolling.campaign_exists(session, campaign_id):
        raise NotFound(f"no campaign {campaign_id}")
    plan = read_plan(sequence.plan)
    first = plan.first
    now, batch_id = datetime.now(UTC), uuid4()
    rows = await enrolling.enroll(
        session,
        lead_ids=lead_ids,
        sequence_id=sequence_id,
        version_id=sequence.version_id,
        first_step_id=first.id,
        due_at=first.due_at(now, plan.zones("")),
        campaign_id=campaign_id,
        batch_id=batch_id,
        now=now,
        dry_run=dry_run,
    )
    return EnrollResult(
        batch_id=batch_id,
        enrolled=[Enrolled(row.lead_id, row.enrollment_id) for row in rows if row.outcome == "enrolled"],
        skipped=[
            *(Skipped(row.lead_id, row.outcome, WHY_SKIPPED[row.outcome]) for row in rows if row.outcome != "enrolled"),
            *(Skipped(lead_id, "already_enrolled", WHY_SKIPPED["duplicate"]) for lead_id in _repeated(lead_ids)),
        ],
    )


def _repeated(lead_ids: Sequence[UUID]) -> list[UUID]:
    seen: set[UUID] = set()
    return [lead_id for lead_id in lead_ids if lead_id in seen or seen.add(lead_id)]
