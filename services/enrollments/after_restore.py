"""After a restore: an email that may have been sent since the backup was taken is not sent again.

The backup knows where each enrollment stood when it was taken. The installation went on until it stopped, and sent
email that the backup does not know. Each email that it may have sent is recorded in the ledger with an unknown
outcome. The sequence's `unknown_outcome` then decides as after any crash: skip it, or send it again under the same
Message-ID. Every workflow is then told where its enrollment stands, whatever Temporal remembers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from db.calls.access import TenantsOnTheWay, tenants
from db.queries.enrollments import after_restore as queries
from db.queries.enrollments.after_restore import InCopy
from db.session import Database, WriteSession
from domain.enrollments.after_restore import BackedUpEnrollment, Gap, PossibleEffect, effects_in_gap
from domain.enrollments.message_id import message_id_of
from domain.sequences.sequence import Plan
from mail.compose import new_message_id

CHUNK = 500
BEFORE_ALL = UUID(int=0)
ENROLLS_LATER = "enroll_campaign"
"""The kind of batch that continues to enroll after the restore."""
NOBODY = "nobody@restored.example"
"""Stands for a sender that the backup does not know."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Counts: live enrollments, those of them that may have been sent something, and the emails in question."""

    alive: int = 0
    enrollments: int = 0
    messages: int = 0

    def __add__(self, other: "Marked") -> "Marked":
        return Marked(self.alive + other.alive, self.enrollments + other.enrollments, self.messages + other.messages)


async def settle_gap(database: Database, gap: Gap, *, mark: bool = True) -> Marked:
    """Marks the emails of every tenant. A second call finds nothing more to mark.

    Nothing else may be running on this database. `mark=False` only tells the workflows. Tests use it to show what the
    marks prevent.
    """
    on_the_way = await tenants(database, TenantsOnTheWay())
    return sum([await settle_tenant(database, tenant_id, gap, mark=mark) for tenant_id in on_the_way], Marked())


async def settle_tenant(database: Database, tenant_id: UUID, gap: Gap, *, mark: bool = True) -> Marked:
    """A few hundred enrollments in each transaction."""
    total, plans, after = Marked(), dict[UUID, Plan](), BEFORE_ALL
    async with database.write(tenant_id) as session:
        if mark:
            await queries.remember_gap(session, ENROLLS_LATER, gap_row(gap), stopped_at=gap.stopped_at)
    while True:
        async with database.write(tenant_id) as session:
            found = await queries.enrollments_after(session, after, CHUNK, gap.stopped_at)
            if mark:
                total += await _mark(session, plans, [(one, _standing(one)) for one in found], gap)
            await queries.tell_workflows(session, [one.id for one in found])
        total += Marked(alive=len(found))
        if len(found) < CHUNK:
            return total
        after = found[-1].id


async def mark_enrolled_again(session: WriteSession, enrollment_ids: Sequence[UUID], known: Mapping[str, Any]) -> None:
    """Marks leads that a batch of the backup enrolled only after the restore. Between backup and stop it may have
    enrolled them already, and they may have been mailed. `known` is the batch's cursor, which names that gap."""
    if "gap" not in known:
        return
    gap = Gap(*(datetime.fromisoformat(known["gap"][name]) for name in ("taken_at", "stopped_at")))
    found = await queries.enrollments_named(session, enrollment_ids)
    await _mark(session, {}, [(one, _standing_since(one, gap.taken_at)) for one in found], gap)


async def mark_enrolled_by_action(
    session: WriteSession, enrollment_id: UUID, *, by: UUID, step_id: UUID, visit: int
) -> None:
    """The same for a lead that an action of the enrollment `by` enrolled."""
    known = await queries.noted_action(session, by, step_id, visit)
    await mark_enrolled_again(session, [enrollment_id], known or {})


def gap_row(gap: Gap) -> dict[str, str]:
    return {"taken_at": gap.taken_at.isoformat(), "stopped_at": gap.stopped_at.isoformat()}


async def _mark(
    session: WriteSession, plans: dict[UUID, Plan], found: Sequence[tuple[InCopy, BackedUpEnrollment]], gap: Gap
) -> Marked:
    """`plans` caches the plans that were read."""
    missing = {one.version_id for one, _ in found} - plans.keys()
    plans |= {version: Plan.model_validate(plan) for version, plan in await queries.plans(session, missing)}
    addresses = await queries.mailbox_addresses(session)
    possible = [
        (one, effect) for one, standing in found for effect in effects_in_gap(plans[one.version_id], standing, gap)
    ]
    emails = [_message(one, effect, addresses) for one, effect in possible if effect.step.type == "email"]
    written = await queries.mark_unknown(session, emails, gap_row(gap))
    await queries.note_actions(
        session, [_action(one, effect) for one, effect in possible if effect.step.type != "email"], gap_row(gap)
    )
    return Marked(enrollments=len(set(written)), messages=len(written))


def _standing(one: InCopy) -> BackedUpEnrollment:
    return BackedUpEnrollment(
        status=one.status,
        step_id=one.current_step_id,
        next_action_at=one.next_action_at,
        hold_until=one.hold_until,
        clock_offset=one.clock_offset,
        visits=one.visits,
        done=frozenset(str(step_id) for step_id in one.done),
        lead_zone=one.lead_zone,
    )


def _standing_since(one: InCopy, taken_at: datetime) -> BackedUpEnrollment:
    """The enrollment as if it had begun at that time."""
    assert one.next_action_at is not None, "who has just been enrolled waits for a first step"
    return replace(_standing(one), next_action_at=one.next_action_at - (one.enrolled_at - taken_at))


def _message(one: InCopy, email: PossibleEffect, addresses: Mapping[UUID, str]) -> dict[str, Any]:
    message_id = message_id_of(one.id, email.step.id, email.visit)
    mailbox_id: UUID | None = getattr(email.step.config, "mailbox_id", None) or one.mailbox_id
    address = addresses.get(mailbox_id, NOBODY) if mailbox_id else NOBODY
    return {
        "id": str(message_id),
        "enrollment_id": str(one.id),
        "mailbox_id": str(mailbox_id) if mailbox_id in addresses else None,
        "step_id": str(email.step.id),
        "visit": email.visit,
        "rfc_message_id": new_message_id(message_id, address.rpartition("@")[2]),
        "at": email.earliest_at.isoformat(),
    }


def _action(one: InCopy, action: PossibleEffect) -> dict[str, Any]:
    return {"enrollment_id": str(one.id), "step_id": str(action.step.id), "visit": action.visit}
