"""The errors that Cadenza raises on purpose. Each has a stable code.

`api/errors.py` answers them as RFC 9457 problem+json; `activities/attempts.py` hands them to Temporal. What is stored,
logged as data or sent is always `code`. A class may be renamed at any time. Code branches on the class or on `code`,
never on a text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

_BY_CODE: dict[str, type["DomainError"]] = {}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: where it is (`steps[2].config.subject`), a stable code, and what to do about it."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """The root of all errors. A subclass sets `code`, `title` and `remedy`, and the other attributes where they differ.

    `extra` becomes the extension members of the problem document (RFC 9457 section 3.2): JSON values only.
    """

    code: ClassVar[str] = "domain_error"
    """Stable and unique. Clients, stored rows and Temporal identify the error by it."""
    status: ClassVar[int] = 400
    """The HTTP status that a client sees."""
    title: ClassVar[str] = "The request cannot be carried out"
    remedy: ClassVar[str] = "Read the `detail`."
    """What a person can do about it, in one or two sentences. `explain` and docs/errors.md show it."""
    retryable: ClassVar[bool] = True
    """Whether the same step or request may succeed later without any change to it. A step that fails with an error that
    is not retryable fails at once. With any other error it is tried again automatically."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            _BY_CODE[cls.code] = cls

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


def error_of(code: str) -> type[DomainError] | None:
    """Returns the class with this code, among the imported modules; None if there is none."""
    return _BY_CODE.get(code)


class NotFound(DomainError):
    """The tenant has nothing with this ID. The answer is the same for an ID of another tenant, so that it reveals
    nothing."""

    code = "not_found"
    status = 404
    title = "Not found"
    remedy = "Check the ID and the tenant. The thing may have been deleted, or may belong to another tenant."
    retryable = False


class Conflict(DomainError):
    """The request is valid, but the present state of its subject does not allow it."""

    code = "conflict"
    status = 409
    title = "The present state does not allow this"
    remedy = "Read the `detail`: it says what stands in the way."


class Invalid(DomainError):
    code = "validation_failed"
    status = 422
    title = "Some fields are not valid"
    remedy = "Correct each field that `errors` names."
    retryable = False


class Unauthorized(DomainError):
    code = "unauthorized"
    status = 401
    title = "A valid API key or a sign-in is needed"
    remedy = "Send `Authorization: Bearer <API key>` with a key that is not revoked. In a browser, sign in again."
    retryable = False


class Forbidden(DomainError):
    code = "insufficient_scope"
    status = 403
    title = "The API key or the user lacks the scope for this"
    remedy = "Use a key with the scope that the `detail` names, or give the person that role."
    retryable = False


class SequenceInvalid(Invalid):
    """The sequence cannot run: a branch leads to no step, two steps share a key, or a cycle has no delay."""

    code = "sequence_invalid"
    title = "The sequence cannot run as it is"
    remedy = "Correct each field that `errors` names, then activate or publish again."


class TemplateInvalid(Invalid):
    """A template that can never render: bad syntax, an unknown field, or more work than its limits allow."""

    code = "template_invalid"
    title = "A template is not valid"
    remedy = "Correct the template at the line that the `detail` names, then publish the sequence."


class MergeFieldMissing(DomainError):
    """The lead has no value for a field that the message needs.

    Not retryable: the template gives the same result until somebody fills in the field.
    """

    code = "merge_field_missing"
    status = 422
    title = "The lead has no value for a merge field"
    remedy = "Fill in the lead's field, or give the field a `default` in the template."
    retryable = False

    def __init__(self, field: str) -> None:
        detail = f"the lead has no value for `{field}`, and the template has no default for it"
        super().__init__(detail, errors=[FieldError(field, self.code, detail)], extra={"field": field})
        self.field = field


class HeaderInjection(Invalid):
    """A header value contains a line break, with which its author could add headers."""

    code = "header_injection"
    title = "A message header contains a line break"
    remedy = "Remove the line break from the value that goes into a message header."


class AddressInvalid(Invalid):
    """No message can be sent to this address."""

    code = "invalid_email"
    title = "An email address is not valid"
    remedy = "Correct the email address."


class SequenceNotDraft(Conflict):
    code = "sequence_not_draft"
    title = "Only a draft sequence allows this"
    remedy = "Archive the sequence instead of deleting it."
    retryable = False


class SequenceArchived(Conflict):
    code = "sequence_archived"
    title = "An archived sequence cannot be changed or used"
    remedy = "Duplicate the sequence and use the copy."
    retryable = False


class SequenceNotActive(Conflict):
    code = "sequence_not_active"
    title = "Only an active sequence takes leads"
    remedy = "Activate the sequence."


class InvalidTransition(Conflict):
    """The present state does not accept the command. `state` names that state for the caller."""

    code = "invalid_transition"
    title = "The present state does not allow this"
    remedy = "Look at `state`: the requested change is not possible from there."

    def __init__(self, detail: str, *, state: str, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, extra={**(extra or {}), "state": state})
        self.state = state


class StepMissing(Conflict):
    """The enrollment is at a step that its version does not have."""

    code = "step_missing"
    title = "The enrollment is at a step that does not exist"
    remedy = "Report a bug: the enrollment is at a step that its version does not have."
    retryable = False


class IdempotencyConflict(Conflict):
    """The same Idempotency-Key came with another request body."""

    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
    remedy = "Use a new `Idempotency-Key` for a new request. Use the same key only to repeat the same request."
    retryable = False
