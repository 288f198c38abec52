"""What is refused about a request before anything is made of it: its size, its type, characters that cannot be stored.

Postgres takes no NUL in text, UTF-8 has no lone surrogates, JSON proper has no NaN: whatever lies deep inside a
free-form object (`custom`, `config`) would otherwise surface as an error of the database.
"""

import json
import math
from collections.abc import Iterator
from email.message import Message
from typing import Any, cast

from starlette.requests import Request
from starlette.types import Message as AsgiMessage
from starlette.types import Receive

from domain.errors import DomainError, FieldError, Invalid

MAX_DEPTH = 32
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
"""RFC 9512 and what was usual before it."""


class PayloadTooLarge(DomainError):
    code = "payload_too_large"
    status = 413
    title = "The request body is too large"


class UnsupportedMediaType(DomainError):
    code = "unsupported_media_type"
    status = 415
    title = "The request body has a type that is not read here"


class MalformedJson(DomainError):
    code = "malformed_json"
    status = 400
    title = "The request body is not JSON"


def limited(request: Request, max_bytes: int) -> Request:
    """The same request, whose body raises PayloadTooLarge when more than `max_bytes` of it arrive."""
    return Request(request.scope, _counted(request.receive, max_bytes))


def media_type(request: Request) -> str:
    """`text/csv`, without parameters and in lower case; empty when the request names none."""
    given = request.headers.get("Content-Type")
    if given is None:
        return ""
    header = Message()
    header["Content-Type"] = given
    return header.get_content_type()


async def refuse_bad_json(request: Request) -> None:
    """Raises UnsupportedMediaType, MalformedJson or Invalid (naming the field). An empty body is no body."""
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
        raise MalformedJson("the body is not JSON in UTF-8, or holds a number beyond all use") from None


def refuse_unstorable(document: Any) -> None:
    """Raises Invalid, naming the field, for JSON values that Postgres could not keep."""
    _refuse(_unstorable(document, "", 1))


def refuse_bad_parameters(request: Request) -> None:
    """Raises Invalid for a path or query parameter that no stored text can equal."""
    named = [*request.path_params.items(), *request.query_params.multi_items()]
    _refuse(error for name, value in named for error in _unstorable(value, f".{name}", 1))


def _counted(receive: Receive, max_bytes: int) -> Receive:
    arrived = 0

    async def counted() -> AsgiMessage:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > max_bytes:
            raise PayloadTooLarge(f"at most {max_bytes} bytes are read here")
        return message

    return counted


def _refuse(errors: Iterator[FieldError]) -> None:
    error = next(errors, None)
    if error is not None:
        raise Invalid(f"{error.field}: {error.detail}" if error.field else error.detail, errors=[error])


def _unstorable(value: Any, field: str, depth: int) -> Iterator[FieldError]:
    if isinstance(value, str):
        if "\x00" in value or not _encodable(value):
            detail = "text holds no NUL character and no half of a surrogate pair"
            yield FieldError(field.removeprefix("."), "invalid_text", detail)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield FieldError(field.removeprefix("."), "invalid_number", "a number is finite")
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            detail = f"a document nests at most {MAX_DEPTH} levels"
            yield FieldError(field.removeprefix("."), "too_deep", detail)
            return
        for name, child in _children(cast("dict[str, Any] | list[Any]", value)):
            if name.startswith("."):
                yield from _unstorable(name[1:], field, depth)
            yield from _unstorable(child, field + name, depth + 1)


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
