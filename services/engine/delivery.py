"""Handing an email to its mailbox's server, and recording what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar
from uuid import UUID, uuid4

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import DBAPIError

from db.queries.engine.performing import LoadedMailbox, Reservation
from domain.engine.contracts import Directive
from domain.errors import Conflict
from mail.compose import Outgoing, compose
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
from services.engine.composing import Draft
from services.engine.steps.effect import Tools
from services.engine.steps.visit import Visit
from services.fault_points import FaultPoint, passing
from services.inbound.receiving import bounce_at_once
from services.mailboxes import breakers
from services.observability import metrics

TRACER = trace.get_tracer(__name__)
T = TypeVar("T")
RECORD_FOR_SECONDS = 120


class AnotherAttemptSends(Conflict):
    """Two attempts met at the final dot; this one was second and must look again."""

    code = "another_attempt_sends"
    title = "Another attempt is sending this message"


async def hand_over(
    visit: Visit, tools: Tools, sender: LoadedMailbox, draft: Draft, reservation: Reservation, variant: str | None
) -> Directive:
    """Raises what SMTP says (mail/transport.py), and AnotherAttemptSends; for a mailbox that cannot be sent through
    NoMailServer, SecretKeysMissing, SecretUnreadable."""
    transport = tools.transports.of(sender)
    handover = Handover(visit, known(reservation.message_id), uuid4())
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
        with TRACER.start_as_current_span("smtp.deliver", kind=SpanKind.CLIENT, record_exception=False):
            accepted = await transport.deliver(
                message, sender.email, draft.to_address, before_final_dot=handover.allowed
            )
    except SendWithdrawn as withdrawn:
        return await handover.stand_back(withdrawn)
    except RecipientRefused as refused:
        return await _bounced(tools, handover, refused)
    except MessageRefused as refused:
        metrics.SEND_FAILURES.labels("message_refused").inc()
        await handover.release("refused", refused)
        await _held_against(tools, visit, sender, refused)
        raise
    except AuthenticationFailed as refused:
        metrics.SEND_FAILURES.labels("login_refused").inc()
        await handover.release("reserved", refused)
        await _held_against(tools, visit, sender, refused)
        raise
    except (TemporarilyRefused, ConnectionFailed) as refused:
        metrics.SEND_FAILURES.labels("try_again").inc()
        # Certainly not taken, even where the final dot was written: the same message may be tried again.
        await handover.release("reserved", refused)
        raise
    passing(FaultPoint.AFTER_250)
    if sender.smtp_auth_failures or sender.refusals:
        await _recorded(lambda: visit.queries.clear_mailbox_failures(sender.id))
    metrics.MESSAGES_SENT.inc()
    return await _recorded(lambda: advance(visit, reservation, "sent", variant, accepted.response))


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
    metrics.SEND_FAILURES.labels("recipient_refused").inc()
    await handover.release("refused", refused)
    passing(FaultPoint.BETWEEN_REFUSAL_AND_BOUNCE)
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
        allowed = await self.visit.queries.mark_sending(self.message_id, self.attempt_id, self.visit.now)
        passing(FaultPoint.AT_FINAL_DOT)
        return allowed

    async def release(self, status: Literal["reserved", "refused"], why: DeliveryFailed) -> None:
        passing(FaultPoint.BEFORE_RELEASE)
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


async def advance(
    visit: Visit, reservation: Reservation, outcome: str, variant: str | None, response: str | None
) -> Directive:
    """Records what became of the message (`sent`, `unknown`), and moves on."""
    detail = {"message_id": reservation.rfc_message_id, "subject": reservation.subject}
    passing(FaultPoint.BEFORE_RECORD)
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
    passing(FaultPoint.AFTER_RECORD)
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


def known(message_id: UUID | None) -> UUID:
    assert message_id is not None, "a reservation that is not held names its message"
    return message_id
