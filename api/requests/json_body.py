"""Checks that run before a request is parsed further: its size, its media type, and values that cannot be stored.

Postgres stores no NUL in text, UTF-8 has no lone surrogates, and JSON (RFC 8259) has no NaN. Without these checks such
a value deep inside a free-form object (`custom`, `config`) would surface as a database error.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.message import Message
from typing import Any, cast

from starlette.requests import Request
from starlette.types import Message as AsgiMessage
from starlette.types import Receive

from domain.errors import DomainError, FieldError, Invalid

MAX_DEPTH = 32
MAX_VALUES = 100_000
"""The most values in one document; the largest legitimate request holds ten thousand IDs. Each value is checked on
the event loop, which blocks other requests."""
MAX_SHOWN = 200
"""The most characters of a field's name that an error shows."""
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
"""The type of RFC 9512, and the types in use before it."""


class PayloadTooLarge(DomainError):
    code = "payload_too_large"
    status = 413
    title = "The request body is too large"
    remedy = "Send less at once. The `detail` says how much is accepted."
    retryable = False


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    status = 415
    title = "The request body has a type that is not accepted"
    remedy = "Send the `Content-Type` that the `detail` names."
    retryable = False


class MalformedJson(DomainError):
    code = "malformed_json"
    status = 400
    title = "The request body is not JSON"
    remedy = "Correct the JSON at the line and column that the `detail` names."
    retryable = False


def limited(request: Request, max_bytes: int) -> Request:
    """Returns the same request with a body that raises PayloadTooLarge once more than `max_bytes` of it arrive."""
    return Request(request.scope, _counted(request.receive, max_bytes))


def media_type(request: Request) -> str:
    """Returns e.g. `text/csv`, in lower case and without parameters; empty if the request names no type."""
    given = request.headers.get("Content-Type")
    if given is None:
        return ""
    header = Message()
    header["Content-Type"] = given
    return header.get_content_type()


async def refuse_bad_json(request: Request) -> None:
    """Raises UnsupportedMediaType, MalformedJson, or Invalid (naming the field). An empty body is accepted."""
    if not await request.body():
        return
    if not is_json(media_type(request)):
        raise UnsupportedMediaType("send the body with `Content-Type: application/json`")
    refuse_unstorable(await read_json(request))


def is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def read_json(request: Request) -> Any:
    """The body as JSON. Raises MalformedJson."""
    try:
        return await request.json()
    except RecursionError:
        raise MalformedJson("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError:
        raise MalformedJson("the body is not JSON in UTF-8, or contains a number that is too large") from None


def refuse_unstorable(document: Any) -> None:
    """Raises Invalid, naming the field, for JSON values that Postgres cannot store and for documents with more than
    MAX_VALUES values."""
    if error := _first_unstorable(document):
        raise Invalid(f"{error.field}: {error.detail}" if error.field else error.detail, errors=[error])


def refuse_bad_parameters(request: Request) -> None:
    """Raises Invalid for a path or query parameter with characters that cannot be stored."""
    for name, value in [*request.path_params.items(), *request.query_params.multi_items()]:
        if why := _why_not(value):
            raise Invalid(f"{name}: {why.detail}", errors=[replace(why, field=name)])


def _counted(receive: Receive, max_bytes: int) -> Receive:
    arrived = 0

    async def counted() -> AsgiMessage:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > max_bytes:
            raise PayloadTooLarge(f"the body may have at most {max_bytes} bytes")
        return message

    return counted


def _first_unstorable(document: Any) -> FieldError | None:
    """Finds the first value that cannot be stored. The field's path is built only for that value: a name may be as long
    as the body, with very many values under it."""
    within: list[str] = []
    waiting = [iter([("", document)])]
    seen = 0
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            del within[-1:]
            continue
        name, value = entry
        seen += 1
        if seen > MAX_VALUES:
            return FieldError("", "too_many_values", f"a document holds at most {MAX_VALUES:,} values")
        if name.startswith(".") and (why := _why_not(name)):
            return replace(why, field=_field(within))
        if isinstance(value, dict | list):
            if len(waiting) > MAX_DEPTH:
                return FieldError(_field([*within, name]), "too_deep", f"a document nests at most {MAX_DEPTH} levels")
            within.append(name)
            waiting.append(_children(cast("dict[str, Any] | list[Any]", value)))
        elif why := _why_not(value):
            return replace(why, field=_field([*within, name]))
    return None


def _why_not(value: Any) -> FieldError | None:
    """Says why Postgres cannot store a text or number, or returns None. The caller fills in the field."""
    if isinstance(value, str) and ("\x00" in value or not _encodable(value)):
        return FieldError("", "invalid_text", "text holds no NUL character and no half of a surrogate pair")
    if isinstance(value, float) and not math.isfinite(value):
        return FieldError("", "invalid_number", "a number is finite")
    return None


def _field(names: Sequence[str]) -> str:
    return "".join(name[:MAX_SHOWN] for name in names).removeprefix(".")


def _children(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f".{name}", child) for name, child in value.items())
    else:
        yield from ((f"[{index}]", child) for index, child in enumerate(value))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
