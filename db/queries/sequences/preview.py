"""What a preview asks besides the sequence: the sender, and whether the lead may be written to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from db.models import Mailbox
from db.session import ReadSession

_SUPPRESSED = text("SELECT is_suppressed(:tenant_id, :email)")

# As `enroll_lead_in_sequence` chooses it (0007_slots.sql): the one that the lead last heard from, else by weight.
_DRAWN = text("""
    WITH senders AS (
        SELECT b.id, b.weight
          FROM (SELECT m.*, bool_or(m.status = 'active') OVER () AS some_active
                  FROM mailboxes m
                 WHERE m.tenant_id = :tenant_id
                   AND (CAST(:mailbox_ids AS uuid[]) = '{}' OR m.id = ANY (CAST(:mailbox_ids AS uuid[])))) b
         WHERE b.status = 'active' OR NOT b.some_active
    )
    SELECT coalesce(
        (SELECT written.mailbox_id FROM (
             SELECT g.mailbox_id FROM messages g
              WHERE g.tenant_id = :tenant_id AND g.lead_id = :lead_id AND g.status = 'sent'
              ORDER BY g.sent_at DESC LIMIT 1) written
          WHERE written.mailbox_id IN (SELECT id FROM senders)),
        (SELECT b.id FROM senders b WHERE b.weight > 0
          ORDER BY mailbox_draw(:lead_id, b.id, b.weight) LIMIT 1))
""")


async def is_suppressed(session: ReadSession, email: str) -> bool:
    return bool(await session.scalar(_SUPPRESSED, {"tenant_id": session.tenant_id, "email": email}))


@dataclass(frozen=True, slots=True)
class Senders:
    """`own` is the mailbox that the lead would hear from; `named` are those that steps name, by ID."""

    own: Mailbox | None
    named: Mapping[UUID, Mailbox]

    def of(self, mailbox_id: UUID | None) -> Mailbox | None:
        return self.own if mailbox_id is None else self.named.get(mailbox_id)


async def senders(session: ReadSession, lead_id: UUID, *, among: Sequence[UUID], named: Sequence[UUID]) -> Senders:
    """`among`: the mailboxes that the sequence may write from; none: any of the tenant."""
    key = {"tenant_id": session.tenant_id, "lead_id": lead_id, "mailbox_ids": list(among)}
    own: UUID | None = await session.scalar(_DRAWN, key)
    wanted = [*named, *([own] if own else [])]
    mine = select(Mailbox).where(Mailbox.tenant_id == session.tenant_id, Mailbox.id.in_(wanted))
    found = {mailbox.id: mailbox for mailbox in await session.scalars(mine)}
    return Senders(found.get(own) if own else None, found)
