"""The servers in a mailbox's settings: which ones may be named, and to which a stored password may be sent."""

from collections.abc import Mapping
from typing import Any, Literal

from db.models import Mailbox
from domain.errors import FieldError, Invalid
from domain.mailboxes.servers import InboxServer, InboxServerGiven, MailServer, MailServerGiven
from domain.public_addresses import address_in, may_be_reached
from services.secret_box import SecretBox

Kind = Literal["smtp", "imap"]
Given = MailServerGiven | InboxServerGiven
KINDS: tuple[Kind, ...] = ("smtp", "imap")


def server_columns(
    changes: Mapping[str, Any], before: Mailbox | None, secrets: SecretBox, *, allow_private: bool
) -> dict[str, Any]:
    """The columns for the `smtp` and `imap` of `changes` (`Given`, or None to remove the server).

    Passwords are sealed here, before they reach Postgres. Raises Invalid, SecretKeysMissing.
    """
    columns: dict[str, Any] = {}
    for kind in KINDS:
        if kind not in changes:
            continue
        given: Given | None = changes[kind]
        if given is None:
            columns |= {kind: None, f"{kind}_password": None}
            continue
        keeps = _refuse(kind, given, before, allow_private=allow_private)
        columns[kind] = given.server.model_dump(mode="json")
        if not keeps:
            password = given.password.get_secret_value() if given.password else ""
            columns[f"{kind}_password"] = secrets.seal(password) if password else None
    return columns


def _refuse(kind: Kind, given: Given, before: Mailbox | None, *, allow_private: bool) -> bool:
    """Whether the stored password stays. Raises Invalid."""
    kept = _kept(kind, before)
    keeps = kept is not None and "password" not in given.model_fields_set
    has_password = keeps or bool(given.password and given.password.get_secret_value())
    literal = address_in(given.host)
    if literal is not None and not may_be_reached(literal, allow_private=allow_private):
        _field(f"{kind}.host", "private_address", "a mailbox's servers are at public addresses")
    if keeps and kept is not None and given.trusts_more_than(kept):
        # A person who may change mailboxes must not have a stored password sent to a server of their own.
        _field(f"{kind}.password", "password_needed", "the password was given for another server: give it again")
    if has_password and not given.username:
        _field(f"{kind}.username", "username_needed", "a password is for a user name")
    if not has_password and (given.username or kind == "imap"):
        _field(f"{kind}.password", "password_needed", "logging in takes a user name and a password")
    if has_password and given.security == "none" and not allow_private:
        _field(f"{kind}.security", "password_in_the_clear", "a password is not sent without TLS")
    return keeps


def _kept(kind: Kind, before: Mailbox | None) -> MailServer | None:
    """The server for which the password is stored."""
    if before is None:
        return None
    if kind == "smtp":
        return MailServer.model_validate(before.smtp) if before.smtp and before.smtp_password else None
    return InboxServer.model_validate(before.imap) if before.imap and before.imap_password else None


def _field(field: str, code: str, detail: str) -> None:
    raise Invalid(f"{field}: {detail}", errors=[FieldError(field, code, detail)])
