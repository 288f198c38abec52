"""Everything that can be refused, each with a stable code.

One handler in `api/errors.py` turns these into RFC 9457 problem+json; activities turn them into
non-retryable failures. Code branches on the class or on `code`, never on a text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: where it is (`steps[2].config.subject`), a stable code, and what to do about it."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """The root. `status` is the HTTP status that a client sees; `extra` becomes extension members
    of the problem document (RFC 9457 section 3.2), so it must hold JSON values only."""

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be carried out"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Iterable[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = list(errors)
        self.extra: dict[str, Any] = dict(extra or {})


class NotFound(DomainError):
    """Also what is answered for a thing of another tenant: its existence is nobody else's business."""

    code = "not_found"
    status = 404
    title = "Not found"


class Conflict(DomainError):
    code = "conflict"
    status = 409
    title = "The present state does not allow this"


class Invalid(DomainError):
    code = "validation_failed"
    status = 422
    title = "Some fields are not valid"


class Unauthorized(DomainError):
    code = "unauthorized"
    status = 401
    title = "A valid API key is needed, or somebody who is signed in"


class Forbidden(DomainError):
    code = "insufficient_scope"
    status = 403
    title = "The API key, or the person, lacks the scope for this"


class SequenceInvalid(Invalid):
    """The graph cannot run: a branch to nowhere, two steps with one key, a cycle without a delay."""

    code = "sequence_invalid"
    title = "The sequence cannot run as it is"


class TemplateInvalid(Invalid):
    """A template that can never render: its syntax, an unknown field, or it goes past its limits."""

    code = "template_invalid"
    title = "A template is not valid"


class MergeFieldMissing(DomainError):
    """This lead has nothing for a field that the message needs: it is held until the field is filled.

    Not retryable: the same lead renders the same nothing.
    """

    code = "merge_field_missing"
    status = 422
    title = "The lead has no value for a merge field"

    def __init__(self, field: str) -> None:
        detail = f"the lead has no value for `{field}`, and the template gives it no default"
        super().__init__(detail, errors=[FieldError(field, self.code, detail)], extra={"field": field})
        self.field = field


class HeaderInjection(Invalid):
    """A header value with a line break would let its author write headers of their own."""

    code = "header_injection"
    title = "A message header contains a line break"


class AddressInvalid(Invalid):
    """An address that no message can be written to."""

    code = "invalid_email"
    title = "An email address is not valid"


class SequenceNotDraft(Conflict):
    code = "sequence_not_draft"
    title = "Only a draft sequence allows this"


class SequenceArchived(Conflict):
    code = "sequence_archived"
    title = "An archived sequence is over"


class SequenceNotActive(Conflict):
    code = "sequence_not_active"
    title = "Only an active sequence takes leads"


class InvalidTransition(Conflict):
    """A command that the present state does not accept; `state` tells the caller where things stand."""

    code = "invalid_transition"
    title = "The present state does not allow this"

    def __init__(self, detail: str, *, state: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, extra={**(extra or {}), "state": state})
        self.state = state


class IdempotencyConflict(Conflict):
    """The same Idempotency-Key came with another request body."""

    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
