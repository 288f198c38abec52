"""Message-IDs and tokens of ours that a message carries, also where a gateway has mangled them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from mail.inbound.message import Read, children, decoded, raw_headers, read_header

MAX_REFERENCES = 200
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_FOLDED_ID = re.compile(r"[\r\n]+[ \t]*")
_BARE_ID = re.compile(r"[^\s<>(),;:\"]{1,400}@[^\s<>(),;:\"]{1,255}")
_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.I)
_TOKEN = re.compile(r"/u/([A-Za-z0-9_-]{40,400})")
# The subject that a List-Unsubscribe address may carry.
_TOKEN_SUBJECT = re.compile(r"^\s{0,5}unsubscribe[ :_-]{1,3}([A-Za-z0-9_-]{40,400})\s{0,5}$", re.IGNORECASE)
# Where reports tell the Message-ID outside of a returned message.
_ID_FIELDS = ("X-Original-Message-ID", "Original-Message-ID", "X-Actual-Message-ID")
_TOLD_ID = re.compile(
    r"\bmessage-id[ \t]?:?[ \t]{0,4}\n?[ \t]{0,8}<?([^\s<>\"]{3,400}@[^\s<>\"]{1,255})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class References:
    """`answered` and `returned`: Message-IDs in angle brackets, the nearest first."""

    answered: tuple[str, ...] = ()
    """In-Reply-To and References (RFC 5322 section 3.6.4)."""
    returned: tuple[str, ...] = ()
    """Of the message that a report or a complaint returns."""
    uuids: tuple[UUID, ...] = ()
    """IDs that stand within any of them: our Message-IDs begin with the message's own, and a gateway that rewrites
    the domain or drops the brackets leaves that."""
    tokens: tuple[str, ...] = ()
    """What stands where our unsubscribe links have their token."""

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.returned, *self.answered]))[:MAX_REFERENCES]


def read_references(mail: Read, *, is_report: bool) -> References:
    """`is_report`: whether what it returns or cites in its text is a message of ours that came back."""
    answers = [value for name in ("In-Reply-To", "References") for value in raw_headers(mail.message, name)]
    returned = list(_returned(mail)) if is_report else []
    return References(
        answered=_dedupe([*_ids_of(mail, "In-Reply-To"), *reversed(list(_ids_of(mail, "References")))]),
        returned=_dedupe(one for value in returned for one in ids(value)),
        uuids=_uuids([*returned, *answers]),
        tokens=_tokens(mail) if is_report else (),
    )


def ids(value: str) -> list[str]:
    """The Message-IDs of a header's value; where none has its brackets, those that lack them."""
    joined = _FOLDED_ID.sub(" ", value)
    found = [f"<{one}>" for one in _MESSAGE_ID.findall(joined)]
    # Folded in the middle: what is left of it after the fold is no ID.
    unfolded = _FOLDED_ID.sub("", value)
    found += [f"<{one}>" for one in _MESSAGE_ID.findall(unfolded) if f"<{one}>" not in found]
    if found:
        return found
    return [f"<{one}>" for text in (joined, unfolded) for one in _BARE_ID.findall(text)]


def _ids_of(mail: Read, name: str) -> Iterator[str]:
    for value in raw_headers(mail.message, name):
        yield from ids(value)


def _returned(mail: Read) -> Iterator[str]:
    """Values that name the message that came back, the surest first."""
    if mail.returned is not None:
        yield read_header(mail.returned, "Message-ID")
    for part in mail.parts:
        for group in children(part):
            yield from (read_header(group, name) for name in _ID_FIELDS if name in group)
        if part.get_content_type() == "text/plain":
            # Servers that write no report put the headers of what came back below their explanation.
            yield from (f"<{one.rstrip('>.,;')}>" for one in _TOLD_ID.findall(decoded(part)[:50_000])[:20])


def _tokens(mail: Read) -> tuple[str, ...]:
    """Of the List-Unsubscribe header of what came back, and of the links in its text: all that a redacted complaint
    leaves."""
    texts = [decoded(part)[:50_000] for part in mail.parts if part.get_content_maintype() == "text"]
    if mail.returned is not None:
        texts = [read_header(mail.returned, "List-Unsubscribe"), *texts]
        texts += [decoded(part)[:50_000] for part in [mail.returned, *mail.returned.walk()] if not part.is_multipart()]
    return tuple(dict.fromkeys(token for text in texts for token in _TOKEN.findall(text)))[:20]


def subject_tokens(subject: str) -> tuple[str, ...]:
    """Of `unsubscribe <token>`: who asks is then known whatever address they ask from."""
    found = _TOKEN_SUBJECT.match(subject[:998])
    return (found[1],) if found else ()


def _uuids(values: Iterable[str]) -> tuple[UUID, ...]:
    found = (one for value in values for one in _UUID.findall(re.sub(r"\s", "", value)))
    return tuple(dict.fromkeys(UUID(one) for one in found))[:MAX_REFERENCES]


def _dedupe(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MAX_REFERENCES]
