"""Giving an email to the SMTP server of its mailbox, and recording the result."""

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
from domain.enrollments.log_event import LogEvent
from domain.errors import Conflict
from mail.compose import Outgoing, compose
from mail.redaction import redact
from mail.smtp.failures import (
    AuthenticationFailed,
    ConnectionFailed,
    DeliveryFailed,
    MessageRefused,
    RecipientRefused,
    SendWithdrawn,
    TemporarilyRefused,
)
from services.engine.composing import RenderedEmail
from services.engine.tools import Tools
from services.engine.visit import Visit
from services.fault_points import FaultPoint, passing
from services.inbound.receiving import bounce_at_once
from services.mailboxes import breakers
from services.observability import metrics

TRACER = trace.get_tracer(__name__)
T = TypeVar("T")
RECORD_FOR_SECONDS = 120
"""How long a worker tries to record a result while Postgres does not answer."""


class AnotherAttemptSends(Conflict):
    """Two attempts sent the same message at the same time. This one came second, and is repeated."""

    code = "another_attempt_sends"
    title = "Another attempt is sending this message"
    remedy = "Wait: the attempt that is sending the message finishes it."


async def deliver(
    visit: Visit,
    tools: Tools,
    sender: LoadedMailbox,
    email: RenderedEmail,
    reservation: Reservation,
    variant: str | None,
) -> Directive:
    """Send the message and record what the server answered.

    Raises a DeliveryFailed (mail/smtp/failures.py) and AnotherAttemptSends. Raises NoMailServer, SecretKeysMissing or
    SecretUnreadable if the mailbox cannot send.
    """
    transport = tools.transports.of(sender)
    attempt = DeliveryAttempt(visit, known(reservation.message_id), uuid4())
    message = compose(
        Outgoing(
            from_name=sender.name,
            from_address=sender.email,
            to_address=email.to_address,
            subject=reservation.subject,
            text=email.text,
            html=email.html,
            headers=email.headers,
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
                message, sender.email, email.to_address, before_final_dot=attempt.allowed
            )
    except SendWithdrawn as withdrawn:
        return await attempt.withdraw(withdrawn)
    except RecipientRefused as refused:
        return await _bounced(tools, attempt, refused)
    except MessageRefused as refused:
        metrics.SEND_FAILURES.labels("message_refused").inc()
        await attempt.release("refused", refused)
        await _count_refusal(tools, visit, sender, refused)
        raise
    except AuthenticationFailed as refused:
        metrics.SEND_FAILURES.labels("login_refused").inc()
        await attempt.release("reserved", refused)
        await _count_refusal(tools, visit, sender, refused)
        raise
    except (TemporarilyRefused, ConnectionFailed) as refused:
        metrics.SEND_FAILURES.labels("try_again").inc()
        # The server has certainly not accepted the message, even if the final dot was written. It may be sent again.
        await attempt.release("reserved", refused)
        raise
    passing(FaultPoint.AFTER_250)
    if sender.smtp_auth_failures or sender.refusals:
        await _recorded(lambda: visit.queries.clear_mailbox_failures(sender.id))
    metrics.MESSAGES_SENT.inc()
    return await _recorded(lambda: advance(visit, reservation, "sent", variant, accepted.response))


async def _count_refusal(
    tools: Tools, visit: Visit, sender: LoadedMailbox, refused: AuthenticationFailed | MessageRefused
) -> None:
    """Count the refusal for the mailbox's circuit breaker.

    A mailbox with too many refusals is put on hold. The next attempt then waits at the gate.
    """
    async with tools.database.write(visit.queries.tenant_id) as session:
        if isinstance(refused, AuthenticationFailed):
            held = await breakers.login_refused(session, sender.id, "smtp")
        else:
            held = await breakers.message_refused(session, sender.id)
    if held:
        tools.kick(visit.queries.tenant_id)  # webhooks of the notification


async def _bounced(tools: Tools, attempt: "DeliveryAttempt", refused: RecipientRefused) -> Directive:
    visit = attempt.visit
    metrics.SEND_FAILURES.labels("recipient_refused").inc()
    await attempt.release("refused", refused)
    passing(FaultPoint.BETWEEN_REFUSAL_AND_BOUNCE)
    async with tools.database.write(visit.queries.tenant_id) as session:
        await bounce_at_once(session, visit.queries.enrollment_id, attempt.message_id, str(refused), visit.now)
    return await _directive_now(visit)


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt to send one message by SMTP."""

    visit: Visit
    message_id: UUID
    attempt_id: UUID

    async def allowed(self) -> bool:
        """Called just before the final dot. Commits the status `sending`; False when the message must not be sent."""
        allowed = await self.visit.queries.mark_sending(self.message_id, self.attempt_id, self.visit.now)
        passing(FaultPoint.AT_FINAL_DOT)
        return allowed

    async def release(self, status: Literal["reserved", "refused"], why: DeliveryFailed) -> None:
        passing(FaultPoint.BEFORE_RELEASE)
        await _recorded(lambda: self.visit.queries.release(self.message_id, self.attempt_id, status, redact(str(why))))

    async def withdraw(self, withdrawn: SendWithdrawn) -> Directive:
        """The message must not be sent any more: a pause, a stop or a reply came first, or another attempt did."""
        if withdrawn.__cause__ is not None:
            # Postgres did not answer `allowed`, and may have stored `sending`. This attempt knows that it sent nothing.
            await self.release("reserved", withdrawn)
            raise withdrawn
        directive = await _directive_now(self.visit)
        if not directive.ends and not directive.held and directive.step_id == self.visit.step.id:
            raise AnotherAttemptSends("another attempt is sending the message")
        return directive


async def advance(
    visit: Visit, reservation: Reservation, outcome: str, variant: str | None, response: str | None
) -> Directive:
    """Record the outcome of the message (`sent` or `unknown`), and move the enrollment on."""
    detail = {"message_id": reservation.rfc_message_id, "subject": reservation.subject}
    passing(FaultPoint.BEFORE_RECORD)
    directive = await visit.queries.advance(
        replace(visit.place, step_id=visit.step.id),
        now=visit.now,
        decisions=[],  # the gate has recorded them
        effect={
            "step_id": str(visit.step.id),
            "visit": visit.number,
            "event": LogEvent.EMAIL_SENT if outcome == "sent" else LogEvent.EMAIL_SKIPPED,
            "detail": {**detail, "variant": variant} if variant else detail,
            "message": {"id": str(reservation.message_id), "status": outcome, "response": response},
        },
        following=visit.following(),
    )
    passing(FaultPoint.AFTER_RECORD)
    return visit.told(directive)


async def _directive_now(visit: Visit) -> Directive:
    """What is next for the enrollment, as Postgres has it now."""
    loaded = await visit.queries.load()
    return visit.told(loaded.directive if loaded else visit.loaded.directive)


async def _recorded(record: Callable[[], Awaitable[T]]) -> T:
    """Repeat `record` while Postgres does not answer, for up to RECORD_FOR_SECONDS.

    Only this worker knows that the message was sent. If it gives up, the message stays `sending`, and the next attempt
    must treat its outcome as unknown.
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
