"""Sending an email: render, pass the gate, hand to SMTP, record. Three moments, each committed.

crash before the gate            nothing reserved, nothing left: the next attempt starts over
after `reserved`                 nothing left: the next attempt sends under the same Message-ID
after `sending` (the final dot)  it may or may not have left: never sent again blindly, the policy decides
after `sent`                     the next attempt finds that the enrollment has moved on
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid4

from sqlalchemy.exc import DBAPIError

from db.queries.enrollments import LoadedMailbox, LoadedMessage, Reservation
from domain.errors import Conflict
from domain.footer import Footer
from domain.messages import Directive
from domain.templates import render, render_header
from mail.compose import Outgoing, compose, new_message_id, reply_subject
from mail.harmless_html import harmless_html
from mail.html_text import html_to_text
from mail.tracked_html import tracked_html
from mail.transport import (
    AuthenticationFailed,
    ConnectionFailed,
    DeliveryFailed,
    MessageRefused,
    RecipientRefused,
    SendWithdrawn,
    TemporarilyRefused,
    redact,
)
from mail.unsubscribe_headers import unsubscribe_headers
from services import breakers
from services.receive import bounce_at_once
from services.slots import put_off, reserve_now, send_times
from services.steps.effect import Tools
from services.steps.visit import Visit

T = TypeVar("T")
RECORD_FOR_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Draft:
    """A rendered message, before the gate has given it its Message-ID."""

    to_address: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    thread: list[str]


class NoMailbox(Conflict):
    """The tenant has no mailbox that may send."""

    code = "no_mailbox"
    title = "There is no mailbox to send from"


class PostalAddressMissing(Conflict):
    """Every email carries it (domain/footer.py)."""

    code = "postal_address_missing"
    title = "The tenant has no postal address"


class AnotherAttemptSends(Conflict):
    """Two attempts met at the final dot; this one was second and must look again."""

    code = "another_attempt_sends"
    title = "Another attempt is sending this message"


@dataclass(frozen=True, slots=True)
class Content:
    """Liquid templates of a message; one body may be empty."""

    subject: str
    body_text: str
    body_html: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent, as the sequence has it. `mailbox_id` is None for the lead's own mailbox."""

    content: Content
    variant: str | None
    mailbox_id: UUID | None
    reply_in_thread: bool


async def send(visit: Visit, tools: Tools, letter: Letter) -> Directive:
    """Sends it now, or puts it off until the window is open and the mailbox has room.

    Raises MergeFieldMissing, NoMailbox, PostalAddressMissing, WindowNeverOpens, NoFreeSlot, and what SMTP says
    (mail/transport.py); for a mailbox that cannot be sent through NoMailServer, SecretKeysMissing, SecretUnreadable.
    """
    earlier = visit.loaded.messages[-1] if letter.reply_in_thread and visit.loaded.messages else None
    sender = await _sender(visit, earlier.mailbox_id if earlier else letter.mailbox_id)
    message_id = uuid4()
    draft = _draft(visit, tools, sender, letter.content, earlier, message_id)
    reservation = await _pass_gate(visit, sender, _as_reserved(sender, draft, letter.variant, message_id))
    match reservation.outcome:
        case "reserved":
            if reservation.message_id != message_id:  # an earlier attempt's, and so are the links
                draft = _draft(visit, tools, sender, letter.content, earlier, _known(reservation.message_id))
            return await _hand_over(visit, tools, sender, draft, reservation, letter.variant)
        case "sent" | "unknown":
            return await _advance(visit, reservation, reservation.outcome, letter.variant, response=None)
        case _:
            return visit.told(reservation.directive)


async def _pass_gate(visit: Visit, sender: LoadedMailbox, message: Mapping[str, Any]) -> Reservation:
    """The message reserved, with a slot for this moment; or else the enrollment put off, and why."""
    times = send_times(visit, sender)
    today = times.today(visit.now)
    if today is None:
        put_off_first = await put_off(visit, sender, times)
        if put_off_first.outcome != "settle":
            return put_off_first
    reservation = await reserve_now(visit, times, today, message)
    return await put_off(visit, sender, times) if reservation.outcome == "no_slot" else reservation


async def _hand_over(
    visit: Visit, tools: Tools, sender: LoadedMailbox, draft: Draft, reservation: Reservation, variant: str | None
) -> Directive:
    transport = tools.transports.of(sender)
    handover = Handover(visit, _known(reservation.message_id), uuid4())
    message = compose(
        Outgoing(
            from_name=sender.name,
            from_address=sender.email,
            to_address=draft.to_address,
            subject=reservation.subject,
            text=draft.text,
            html=draft.html,
            headers=draft.headers,
            message_id=reservation.rfc_message_id,
            thread=reservation.thread,
            date=visit.now,
        )
    )
    signer = tools.signers.of(sender)
    if signer is not None:
        message = signer.sign(message)
    try:
        accepted = await transport.deliver(message, sender.email, draft.to_address, before_final_dot=handover.allowed)
    except SendWithdrawn as withdrawn:
        return await handover.stand_back(withdrawn)
    except RecipientRefused as refused:
        return await _bounced(tools, handover, refused)
    except MessageRefused as refused:
        await handover.release("refused", refused)
        await _held_against(tools, visit, sender, refused)
        raise
    except AuthenticationFailed as refused:
        await handover.release("reserved", refused)
        await _held_against(tools, visit, sender, refused)
        raise
    except (TemporarilyRefused, ConnectionFailed) as refused:
        # Certainly not taken, even where the final dot was written: the same message may be tried again.
        await handover.release("reserved", refused)
        raise
    if sender.smtp_auth_failures or sender.refusals:
        await _recorded(lambda: visit.queries.clear_mailbox_failures(sender.id))
    return await _recorded(lambda: _advance(visit, reservation, "sent", variant, accepted.response))


async def _held_against(
    tools: Tools, visit: Visit, sender: LoadedMailbox, refused: AuthenticationFailed | MessageRefused
) -> None:
    """Counts against the mailbox: once it is held for that, the next attempt waits at the gate instead of trying."""
    async with tools.database.write(visit.queries.tenant_id) as session:
        if isinstance(refused, AuthenticationFailed):
            held = await breakers.login_refused(session, sender.id, "smtp")
        else:
            held = await breakers.message_refused(session, sender.id)
    if held:
        tools.kick(visit.queries.tenant_id)  # the notification's webhooks


async def _bounced(tools: Tools, handover: "Handover", refused: RecipientRefused) -> Directive:
    visit = handover.visit
    await handover.release("refused", refused)
    async with tools.database.write(visit.queries.tenant_id) as session:
        await bounce_at_once(session, visit.queries.enrollment_id, handover.message_id, str(refused), visit.now)
    return await _standing(visit)


@dataclass(frozen=True, slots=True)
class Handover:
    """One attempt at handing one message to SMTP."""

    visit: Visit
    message_id: UUID
    attempt_id: UUID

    async def allowed(self) -> bool:
        """Asked just before the final dot; commits `sending`."""
        return await self.visit.queries.mark_sending(self.message_id, self.attempt_id, self.visit.now)

    async def release(self, status: Literal["reserved", "refused"], why: DeliveryFailed) -> None:
        await _recorded(lambda: self.visit.queries.release(self.message_id, self.attempt_id, status, redact(str(why))))

    async def stand_back(self, withdrawn: SendWithdrawn) -> Directive:
        """The gate closed before the final dot: a pause, a stop or a reply came first, or another attempt did."""
        if withdrawn.__cause__ is not None:
            # Postgres went away while it was asked. It may have written `sending`; this attempt knows better.
            await self.release("reserved", withdrawn)
            raise withdrawn
        directive = await _standing(self.visit)
        if not directive.ends and not directive.held and directive.step_id == self.visit.step.id:
            raise AnotherAttemptSends("the message is in the hands of another attempt")
        return directive


def write(content: Content, fields: Mapping[str, Any], earlier_subject: str | None, footer: Footer) -> Content:
    """The message as this lead reads it, `earlier_subject` being that of the thread it is in, if any.

    Raises MergeFieldMissing and TemplateInvalid.
    """
    subject = render_header(content.subject, fields)
    text = render(content.body_text, fields, html=False)
    html = harmless_html(render(content.body_html, fields, html=True))
    return Content(
        subject=subject if earlier_subject is None else reply_subject(subject or earlier_subject),
        body_text=footer.in_text(text if text.strip() else html_to_text(html) + "\n"),
        body_html=footer.in_html(html),
    )


async def _sender(visit: Visit, mailbox_id: UUID | None) -> LoadedMailbox:
    mailbox = visit.loaded.mailbox
    if mailbox_id is not None and (mailbox is None or mailbox.id != mailbox_id):
        mailbox = await visit.queries.mailbox(mailbox_id)
    if mailbox is None:
        raise NoMailbox("add a mailbox, then resume the enrollment")
    if not mailbox.postal_address.strip():
        raise PostalAddressMissing("give the tenant a postal address, then resume the enrollment")
    return mailbox


def _draft(
    visit: Visit,
    tools: Tools,
    sender: LoadedMailbox,
    content: Content,
    earlier: LoadedMessage | None,
    message_id: UUID,
) -> Draft:
    links = tools.links.of(visit.queries.tenant_id, message_id) if tools.links else None
    footer = Footer(sender.postal_address, links.unsubscribe if links else None)
    fields = visit.merge_fields(sender, footer.unsubscribe_url)
    written = write(content, fields, earlier.subject if earlier else None, footer)
    settings, html = visit.plan.settings, written.body_html
    return Draft(
        to_address=str(visit.loaded.lead["email"]),
        subject=written.subject,
        # Words alone are not tracked, not even those that an HTML part is turned into.
        text=written.body_text,
        html=tracked_html(html, links, opens=settings.track_opens, clicks=settings.track_clicks) if links else html,
        headers=unsubscribe_headers(links, sender.email if sender.watched else None),
        # The whole chain (RFC 5322 section 3.6.4): what the last message referred to, and itself.
        thread=[*earlier.thread, earlier.rfc_message_id] if earlier else [],
    )


def _as_reserved(sender: LoadedMailbox, draft: Draft, variant: str | None, message_id: UUID) -> dict[str, Any]:
    """As `reserve_message` takes it."""
    return {
        "id": str(message_id),
        "mailbox_id": str(sender.id),
        "rfc_message_id": new_message_id(message_id, sender.email.rpartition("@")[2]),
        "thread": draft.thread,
        "subject": draft.subject,
        "variant": variant,
    }


async def _advance(
    visit: Visit, reservation: Reservation, outcome: str, variant: str | None, response: str | None
) -> Directive:
    detail = {"message_id": reservation.rfc_message_id, "subject": reservation.subject}
    directive = await visit.queries.advance(
        replace(visit.place, step_id=visit.step.id),
        now=visit.now,
        decisions=[],  # pinned by the gate
        effect={
            "step_id": str(visit.step.id),
            "visit": visit.number,
            "event": "email_sent" if outcome == "sent" else "email_skipped",
            "detail": {**detail, "variant": variant} if variant else detail,
            "message": {"id": str(reservation.message_id), "status": outcome, "response": response},
        },
        following=visit.following(),
    )
    return visit.told(directive)


async def _standing(visit: Visit) -> Directive:
    loaded = await visit.queries.load()
    return visit.told(loaded.directive if loaded else visit.loaded.directive)


async def _recorded(record: Callable[[], Awaitable[T]]) -> T:
    """Insists on recording what has left: while Postgres restarts, this worker alone knows that it has.

    Giving up leaves the message `sending`, which the next attempt can only call unknown.
    """
    waited, pause = 0.0, 0.1
    while True:
        try:
            return await record()
        except (DBAPIError, OSError):
            if waited > RECORD_FOR_SECONDS:
                raise
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 5.0)


def _known(message_id: UUID | None) -> UUID:
    assert message_id is not None, "a reservation that is not held names its message"
    return message_id
