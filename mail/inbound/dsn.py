"""Parses delivery status notifications (RFC 3464), including malformed ones.

Seen in practice: `multipart/report` with another content type, a report part without its blank line or with its fields
in any order, no Action, no Status or a Status of success with a failure, the recipient without its type, in brackets,
or only in the explanation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from itertools import islice

from mail.inbound.message import ParsedMessage, children, first_address, payload, read_header, read_message

MAX_GROUPS = 200
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_FAILED, _WAITING = ("failed", "failure", "fail", "expired"), ("delayed", "delay", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """The fields of one recipient (RFC 3464 section 2.3). Addresses are lower case."""

    action: str
    status: str
    diagnostic: str
    final: str | None
    original: str | None
    actual: str | None

    @property
    def failed(self) -> bool:
        """Whether delivery failed. An unknown action is judged by its status code; without either it is not a
        failure."""
        return self.action in _FAILED or (self.action not in _WAITING and self.status[:1] in ("4", "5"))

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in (self.final, self.original, self.actual) if one))


def read_report(mail: ParsedMessage) -> list[ReportedRecipient] | None:
    """Returns the recipients of the report; None if the message has no report."""
    found = [part for part in mail.parts if part.get_content_type() in _REPORTS]
    if not found:
        return None
    groups = islice((group for part in found for group in _groups(part)), MAX_GROUPS)
    return [recipient for group in groups if (recipient := _recipient(group)) is not None]


def _groups(part: Message) -> Iterator[Message]:
    """Yields the groups of fields, each as a message with headers only."""
    inside = children(part)
    if inside:
        yield from inside
        return
    # The server has encoded the part, or the parser has not parsed its content.
    text = payload(part)
    for group in re.split(rb"\n\s*\n", text.replace(b"\r\n", b"\n"))[:200]:
        yield read_message(group.strip() + b"\n\n")


def _recipient(group: Message) -> ReportedRecipient | None:
    if not any(name in group for name in ("Action", "Final-Recipient", "Original-Recipient", "Status")):
        return None
    return ReportedRecipient(
        action=_word(read_header(group, "Action")),
        status=read_header(group, "Status").strip(),
        diagnostic=" ".join(
            " ".join(read_header(group, name).split())
            for name in ("Diagnostic-Code", "X-Supplementary-Info", "X-Display-Name", "X-Notes")
            if name in group
        )[:4000],
        final=_typed_address(read_header(group, "Final-Recipient")),
        original=_typed_address(read_header(group, "Original-Recipient")),
        actual=_typed_address(read_header(group, "X-Actual-Recipient")),
    )


def _word(value: str) -> str:
    return re.split(r"[^a-z]", value.strip().lower(), maxsplit=1)[0]


def _typed_address(value: str) -> str | None:
    """Returns the address of `rfc822; ada@them.example` (RFC 3464 section 2.1.2). The type may be missing."""
    address = first_address(value.rpartition(";")[2])
    if address is None and (found := re.search(r"[^\s<>();,\"]{1,64}@[^\s<>();,\"]{1,255}", value)):
        return found.group().lower()
    return address
