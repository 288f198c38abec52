"""Turns every error into an RFC 9457 problem+json answer. No other place does."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from temporalio.service import RPCError

from api.database_errors import refusal_of
from api.outages import Unavailable
from api.requests.json_body import MAX_SHOWN
from api.requests.rate_limit import RateLimited
from domain.errors import DomainError, FieldError, Invalid, Unauthorized
from workflows.gateway import unreachable

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
# A tag URI (RFC 4151) is a stable name for the kind of problem. Unlike an http URL, it does not look like a page.
_TYPE = "tag:cadenza.example,2026:problem/"
_RETRY_AFTER_SECONDS = "5"
MAX_TOLD = 100
"""An answer lists at most so many field errors: one request body can cause hundreds of thousands."""
HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
}
"""The codes of what the web framework itself refuses."""


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(SQLAlchemyError, _on_database_error)
    app.add_exception_handler(RPCError, _on_temporal_error)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_fault)


def problem(error: DomainError) -> Response:
    """The answer that a client gets for the error."""
    headers: dict[str, str] = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="cadenza"'
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = _RETRY_AFTER_SECONDS
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    return _response(
        error.status, error.code, error.title, error.detail, errors=error.errors, extra=error.extra, headers=headers
    )


def _response(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {
        **(extra or {}),
        "type": _TYPE + code,
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"field": e.field, "code": e.code, "detail": e.detail} for e in errors],
    }
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


async def _on_domain_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s: %s", error.code, error.detail, exc_info=error.__cause__)
    return problem(error)


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        FieldError(
            _field(_place(found), error.body), str(found["type"]), str(found["msg"]).removeprefix("Value error, ")
        )
        for found in error.errors()[:MAX_TOLD]
    ]
    first = errors[0]
    return problem(Invalid(f"{first.field}: {first.detail}" if first.field else first.detail, errors=errors))


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    code = HTTP_CODES.get(error.status_code, "http_error")
    return _response(error.status_code, code, title, str(error.detail), headers=error.headers)


async def _on_database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SQLAlchemyError)
    refusal = refusal_of(error)
    if refusal is None:
        log.error("a query of %s %s failed", request.method, request.url.path, exc_info=error)
        return _fault()
    log.info("Postgres refused %s %s: %s", request.method, request.url.path, refusal.code)
    return problem(refusal)


async def _on_temporal_error(request: Request, error: Exception) -> Response:
    if unreachable(error):
        return problem(Unavailable("Temporal cannot be reached"))
    log.error("Temporal refused %s %s", request.method, request.url.path, exc_info=error)
    return _fault()


async def _on_disconnect(request: Request, _error: Exception) -> Response:
    # Nobody reads this answer. Without it, every interrupted upload would be logged as a fault of the API.
    log.info("the client of %s %s disconnected before its request was read", request.method, request.url.path)
    return _response(400, "bad_request", "Bad Request", "the client disconnected before the request was complete")


async def _on_fault(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again after this answer, and the server logs it with its traceback.
    return _fault()


def _fault() -> Response:
    detail = "the API has a fault; its log has the details"
    return _response(500, "internal_error", "Internal error", detail)


def _place(found: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Where the error is. For a union with a discriminator field, pydantic names the union: the field is added here."""
    location: tuple[int | str, ...] = found["loc"]
    if str(found["type"]).startswith("union_tag_"):
        return (*location, str(found["ctx"]["discriminator"]).strip("'"))
    return location


def _field(location: Sequence[int | str], body: Any) -> str:
    """`steps[2].config.subject` from pydantic's location, without `body` in front and without the tags of unions."""
    inside = list(location[1:]) if location and location[0] == "body" else [location[-1]] if location else []
    return "".join(_written(inside, body)).removeprefix(".")


def _written(location: Sequence[int | str], body: Any) -> Iterator[str]:
    here = body
    for place, part in enumerate(location):
        last = place == len(location) - 1
        if isinstance(part, int):
            yield f"[{part}]"
        elif isinstance(here, list | str | int | float):
            continue  # the tag of a union: such a value has no fields
        elif last or not isinstance(here, dict) or part in here:
            yield f".{part[:MAX_SHOWN]}"
        else:
            continue  # the tag of a union: the document has no such field
        here = _child(here, part)


def _child(value: Any, part: int | str) -> Any:
    if isinstance(value, dict):
        return cast("dict[Any, Any]", value).get(part)
    if isinstance(value, list) and isinstance(part, int):
        items = cast("list[Any]", value)
        return items[part] if part < len(items) else None
    return None
