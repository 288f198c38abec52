"""How delivering a message to a mail server can fail. The class alone tells the caller what it may do next.

After any error but `OutcomeUnknown`, the message was certainly not accepted. Texts are redacted: they go into logs and
workflow histories, which must not contain addresses.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from domain.errors import DomainError

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """A server's answer: its code (RFC 5321 section 4.2) and its redacted text."""

    code: int
    text: str

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code (RFC 3463), such as `5.1.1`; None if there is none."""
        found = _ENHANCED.match(self.text)
        return found.group() if found else None

    @property
    def subject(self) -> int | None:
        """The middle number of the enhanced code: 1 is about addresses, 2 mailboxes, 5 the protocol, 7 policy."""
        found = _ENHANCED.match(self.text)
        return int(found.group(2)) if found else None


class DeliveryFailed(DomainError):
    """The root. `smtp_code`, `enhanced` and `text` are from the server's answer, if there was one."""

    code: ClassVar[str] = "delivery_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The message could not be delivered to the mail server"
    remedy: ClassVar[str] = "Read the `detail`: it is what the mail server said."

    def __init__(self, detail: str = "", *, reply: SmtpReply | None = None) -> None:
        self.smtp_code = reply.code if reply else None
        self.enhanced = reply.enhanced if reply else None
        self.text = reply.text if reply else ""
        if reply:
            detail = f"{detail or self.title}: {reply.code} {reply.text}"
        extra = {"smtp_code": self.smtp_code, "enhanced_status": self.enhanced} if reply else None
        super().__init__(detail, extra=extra)


class RecipientRefused(DeliveryFailed):
    """A hard bounce: the address does not exist or accepts no mail. Never try this address again."""

    code = "recipient_refused"
    title = "The recipient's address was refused"
    remedy = "Check the lead's address. It is recorded as a hard bounce and suppressed."


class MessageRefused(DeliveryFailed):
    """The server will never accept this message from this mailbox (spam, policy, size). The address may be fine."""

    code = "message_refused"
    title = "The message was refused"
    remedy = "Change what the mail server objects to: the `detail` has its words."
    retryable = False


class TemporarilyRefused(DeliveryFailed):
    """Not accepted. The server asks for another attempt later."""

    code = "temporarily_refused"
    title = "The mail server refused the message for now"
    remedy = "Wait: the mail server asks for a later attempt (greylisting, a full mailbox or a limit)."


class ConnectionFailed(DeliveryFailed):
    """Certainly not sent: the connection, TLS or the SMTP session failed before the message was complete."""

    code = "connection_failed"
    title = "The mail server could not be reached"
    remedy = "Check that the mail server runs and can be reached."


class HostUnknown(ConnectionFailed):
    code = "mail_host_unknown"
    title = "The mail server's name does not resolve"
    remedy = "Correct the mail server's name."


class ServerTimeout(ConnectionFailed):
    code = "mail_server_timeout"
    title = "The mail server does not answer in time"
    remedy = "Check the mail server's name and port, and the firewalls on the way."


class TlsFailed(ConnectionFailed):
    """No TLS, a certificate for another name, or an untrusted certificate. Nothing was sent unencrypted."""

    code = "mail_tls_failed"
    title = "The mail server offers no trusted TLS"
    remedy = "Check the port and `security`, and that the certificate has this name and has not expired."


class ServerAddressRefused(ConnectionFailed):
    """The address is private, loopback, link-local, multicast or reserved, also if a public name resolves to it."""

    code = "mail_server_address_refused"
    title = "The mail server's name resolves to a private network"
    remedy = "Name a mail server on the public internet."


class AuthenticationFailed(DeliveryFailed):
    """The mailbox's user name or password is not accepted: every message of the mailbox will fail the same way."""

    code = "authentication_failed"
    title = "The mail server does not accept the mailbox's credentials"
    remedy = "Correct the mail server's user name and password."


class OutcomeUnknown(DeliveryFailed):
    """The message was sent in full, but no answer came: it may or may not be delivered. Never just send it again."""

    code = "outcome_unknown"
    title = "The connection was lost before the server confirmed"
    remedy = "Set `unknown_outcome` to what is to happen then: the message may have left, or not."


class SendWithdrawn(DeliveryFailed):
    """The last check before sending said no, or failed (see `__cause__`). The message was cut off and never left."""

    code = "send_withdrawn"
    status = 409
    title = "The message was withdrawn before it left"
    remedy = "Nothing: the lead was paused or stopped, or has replied, just before the message left."


def refusal(reply: SmtpReply, *, about_recipient: bool = False) -> DeliveryFailed:
    """Maps a 4xx or 5xx answer to an exception. `about_recipient`: it answered RCPT TO.

    A 5xx to RCPT whose enhanced code is about policy or protocol (5.7.1, 5.5.x) says nothing about the address.
    Otherwise all leads of a blocked sender would be suppressed as bounced.
    """
    if 400 <= reply.code < 500:
        return TemporarilyRefused(reply=reply)
    if reply.code in (530, 534, 535, 538):
        return AuthenticationFailed(reply=reply)
    subject = reply.subject
    if subject in (1, 2) and not _is_about_sender(reply):
        return RecipientRefused(reply=reply)
    if about_recipient and subject not in (3, 4, 5, 6, 7):
        return RecipientRefused(reply=reply)
    return MessageRefused(reply=reply)


def _is_about_sender(reply: SmtpReply) -> bool:
    """X.1.7 and X.1.8 (RFC 3463 section 3.2) and X.1.9 concern the sender's address."""
    return reply.enhanced is not None and reply.enhanced.endswith((".1.7", ".1.8", ".1.9"))
