"""Finds our Message-IDs and unsubscribe tokens in a message, even if a gateway has damaged them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from mail.inbound.message import ParsedMessage, children, decoded, raw_headers, read_header

MAX_REFERENCES = 200
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_FOLDED_ID = re.compile(r"[\r\n]+[ \t]*")
_BARE_ID = re.compile(r"[^\s<>(),;:\"]{1,400}@[^\s<>(),;:\"]{1,255}")
_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])", re.I)
_TOKEN = re.compile(r"/u/([A-Za-z0-9_-]{40,400})")
# A subject that a List-Unsubscribe address may define.
_TOKEN_SUBJECT = re.compile(r"^\s{0,5}unsubscribe[ :_-]{1,3}([A-Za-z0-9_-]{40,400})\s{0,5}$", re.IGNORECASE)
# Fields in which reports name the Message-ID outside of the returned message.
_ID_FIELDS = ("X-Original-Message-ID", "Original-Message-ID", "X-Actual-Message-ID")
_TOLD_ID = re.compile(
    r"\bmessage-id[ \t]?:?[ \t]{0,4}\n?[ \t]{0,8}<?([^\s<>\"]{3,400}@[^\s<>\"]{1,255})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class References:
    """`answered` and `returned`: Message-IDs in angle brackets, nearest first."""

    answered: tuple[str, ...] = ()
    """From In-Reply-To and References (RFC 5322 section 3.6.4)."""
    returned: tuple[str, ...] = ()
    """From the message that a report or a complaint returns."""
    uuids: tuple[UUID, ...] = ()
    """UUIDs inside these Message-IDs. Our Message-IDs begin with the ID of the message, which remains when a gateway
    rewrites the domain or drops the brackets."""
    tokens: tuple[str, ...] = ()
    """Strings at the place of the token in our unsubscribe links."""

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.returned, *self.answered]))[:MAX_REFERENCES]


def read_references(mail: ParsedMessage, *, is_report: bool) -> References:
    """`is_report`: also reads the returned message and the Message-IDs and links in the text."""
    answers = [value for name in ("In-Reply-To", "References") for value in raw_headers(mail.message, name)]
    returned = list(_returned(mail)) if is_report else []
    return References(
        answered=_dedupe([*_ids_of(mail, "In-Reply-To"), *reversed(list(_ids_of(mail, "References")))]),
        returned=_dedupe(one for value in returned for one in ids(value)),
        uuids=_uuids([*returned, *answers]),
        tokens=_tokens(mail) if is_report else (),
    )


def ids(value: str) -> list[str]:
    """Returns the Message-IDs of a header's value in angle brackets. If none has brackets, accepts those without."""
    joined = _FOLDED_ID.sub(" ", value)
    found = [f"<{one}>" for one in _MESSAGE_ID.findall(joined)]
    # An ID may be folded in the middle, so search the text without the folds, too.
    unfolded = _FOLDED_ID.sub("", value)
    found += [f"<{one}>" for one in _MESSAGE_ID.findall(unfolded) if f"<{one}>" not in found]
    if found:
        return found
    return [f"<{one}>" for text in (joined, unfolded) for one in _BARE_ID.findall(text)]


def _ids_of(mail: ParsedMessage, name: str) -> Iterator[str]:
    for value in raw_headers(mail.message, name):
        yield from ids(value)


def _returned(mail: ParsedMessage) -> Iterator[str]:
    """Yields values that contain the Message-ID of the returned message, most reliable first."""
    if mail.returned is not None:
        yield read_header(mail.returned, "Message-ID")
    for part in mail.parts:
        for group in children(part):
            yield from (read_header(group, name) for name in _ID_FIELDS if name in group)
        if part.get_content_type() == "text/plain":
            # Servers that write no report put the headers of the returned message below their explanation.
            yield from (f"<{one.rstrip('>.,;')}>" for one in _TOLD_ID.findall(decoded(part)[:50_000])[:20])


def _tokens(mail: ParsedMessage) -> tuple[str, ...]:
    """Returns the tokens in the List-Unsubscribe header of the returned message and in links. A redacted complaint
    contains nothing else of ours."""
    texts = [decoded(part)[:50_000] for part in mail.parts if part.get_content_maintype() == "text"]
    if mail.returned is not None:
        texts = [read_header(mail.returned, "List-Unsubscribe"), *texts]
        texts += [decoded(part)[:50_000] for part in [mail.returned, *mail.returned.walk()] if not part.is_multipart()]
    return tuple(dict.fromkeys(token for text in texts for token in _TOKEN.findall(text)))[:20]


def subject_tokens(subject: str) -> tuple[str, ...]:
    """Returns the token of the subject `unsubscribe <token>`. It identifies the lead even if the message comes from
    another address."""
    found = _TOKEN_SUBJECT.match(subject[:998])
    return (found[1],) if found else ()


def _uuids(values: Iterable[str]) -> tuple[UUID, ...]:
    found = (one for value in values for one in _UUID.findall(re.sub(r"\s", "", value)))
    return tuple(dict.fromkeys(UUID(one) for one in found))[:MAX_REFERENCES]


def _dedupe(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MAX_REFERENCES]
