"""How a failure is written down: `code: text`, such as `no_mailbox: add a mailbox`.

The `error` of an enrollment and of a waiting outbox row, and the type of a Temporal failure, are made here. Older rows
have the name of a Python class in place of the code (`NoMailbox: ...`). The two cannot be confused: a code is lower
case with underscores, a class name begins with a capital letter. `code_in` reads both.
"""

import re
from dataclasses import dataclass
from typing import Self

from domain.errors import DomainError, error_of

_PREFIX = re.compile(r"([a-z][a-z0-9_]*|[A-Z][A-Za-z0-9]*): ")


class UnexpectedError(DomainError):
    """An error without a code: a bug of this program, or an unexpected error of a library."""

    code = "unexpected_error"
    status = 500
    title = "An unexpected error"
    remedy = "Read the log of the worker: it has the traceback. Report a bug if nothing there explains it."


class WorkerLost(DomainError):
    """Every attempt ended without an answer. Something may end the worker each time, so the attempts are limited."""

    code = "worker_lost"
    status = 500
    title = "The worker ended during every attempt"
    remedy = "Find out what ends the worker: look at its log and its memory limit."
    retryable = False


class DatabaseUnavailable(DomainError):
    """Postgres did not answer. Such attempts do not count: the step waits until Postgres is back."""

    code = "database_unavailable"
    status = 503
    title = "The database is not available to the worker"
    remedy = "Bring Postgres back, or free space on its disk."


class TemporalUnavailable(DomainError):
    """Temporal did not answer the dispatcher. The command stays in the outbox until it does."""

    code = "temporal_unavailable"
    status = 503
    title = "Temporal cannot be reached"
    remedy = "Bring Temporal back, or check its address."


@dataclass(frozen=True, slots=True)
class Failure:
    """Returns the text that is stored for an error."""

    code: str
    text: str
    retryable: bool

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """An error of a library has no code. Its type is stored in the text, for the person who reads it."""
        if isinstance(error, DomainError):
            return cls(error.code, error.detail, error.retryable)
        return cls(UnexpectedError.code, described(error), UnexpectedError.retryable)

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def described(error: BaseException) -> str:
    """Describes an error of a library: `ConnectionRefusedError: [Errno 111] ...`. For people only: no code parses
    it."""
    return f"{type(error).__name__}: {error}"


def code_in(stored: str) -> str | None:
    """Returns the code of a stored `error`, also of an older row; None if it has none."""
    found = _PREFIX.match(stored)
    if found is None:
        return None
    prefix = found[1]
    return prefix if prefix[0].islower() else CODES_OF_CLASS_NAMES.get(prefix, UnexpectedError.code)


def remedy_for(stored: str) -> str | None:
    """What a person does about a stored `error`; None if no error with its code is known."""
    code = code_in(stored)
    known = error_of(code) if code else None
    return known.remedy if known else None


# Frozen. Rows of `lead_sequence_state.error` and workflow histories from before the codes contain the class name of
# that time. They are never rewritten, so these names keep their meaning even if the classes are renamed. Never add an
# entry: every new failure is written with its code.
CODES_OF_CLASS_NAMES = {
    "AddressInvalid": "invalid_email",
    "AnotherAttemptSends": "another_attempt_sends",
    "AuthenticationFailed": "authentication_failed",
    "Conflict": "conflict",
    "ConnectionFailed": "connection_failed",
    "DatabaseUnavailable": "database_unavailable",
    "DeliveryFailed": "delivery_failed",
    "HeaderInjection": "header_injection",
    "HostUnknown": "mail_host_unknown",
    "Invalid": "validation_failed",
    "InvalidTransition": "invalid_transition",
    "MailboxChanged": "mailbox_changed",
    "MergeFieldMissing": "merge_field_missing",
    "MessageRefused": "message_refused",
    "NoFreeSlot": "no_free_slot",
    "NoMailServer": "no_mail_server",
    "NoMailbox": "no_mailbox",
    "NotFound": "not_found",
    "OutcomeUnknown": "outcome_unknown",
    "PostalAddressMissing": "postal_address_missing",
    "RecipientRefused": "recipient_refused",
    "SecretKeysMissing": "secret_keys_missing",
    "SecretUnreadable": "secret_unreadable",
    "SendWithdrawn": "send_withdrawn",
    "SequenceArchived": "sequence_archived",
    "SequenceInvalid": "sequence_invalid",
    "SequenceNotActive": "sequence_not_active",
    "ServerAddressRefused": "mail_server_address_refused",
    "ServerTimeout": "mail_server_timeout",
    "StepMissing": "step_missing",
    "TemplateInvalid": "template_invalid",
    "TemporarilyRefused": "temporarily_refused",
    "TlsFailed": "mail_tls_failed",
    "WebhookAddressRefused": "webhook_address_refused",
    "WebhookFailed": "webhook_failed",
    "WebhookRedirected": "webhook_redirected",
    "WebhookUrlInvalid": "webhook_url_invalid",
    "WindowNeverOpens": "window_never_opens",
    "WorkerLost": "worker_lost",
}
