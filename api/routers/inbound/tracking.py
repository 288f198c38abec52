"""The links in mail: opens, clicks, unsubscribing. They need no key: the token in each link carries what it needs.

The answers are for mail clients and browsers: an image, a redirect, a small page. None sets a cookie.
"""

import asyncio
import base64
import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from api.app_context import app_context
from api.error_responses import Responses, problems
from api.pages import unsubscribe as pages
from api.pages.unsubscribe import PRIVATE
from mail.links import Kind, Token
from services.inbound import tracking

log = logging.getLogger(__name__)
router = APIRouter(tags=["Links in mail"])

ANSWER_SECONDS = 0.5
"""How long an answer waits for the event to be recorded, so that a request right after it sees the event. A longer
wait would be noticed."""
LOOK_UP_SECONDS = 2.0
"""How long the unsubscribe page waits for the recipient's address."""
RECORD_SECONDS = 15.0
"""How long an unsubscribe may take. A mail program that gives up earlier asks again."""
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

TokenText = Annotated[str, Path(description="The token in the link.")]
_HTML = {"content": {"text/html": {"schema": {"type": "string"}}}}
_NOT_OURS: Responses = {404: {"description": "The token is not valid.", **_HTML}}
_PAGES: Responses = {200: {"description": "An HTML page.", **_HTML}, **_NOT_OURS}
_NOT_NOW: Responses = {503: {"description": "Nothing was recorded: try again.", **_HTML}}
_PICTURE: Responses = {200: {"description": "An image, whatever the token.", "content": {"image/gif": {}}}}
_FOUND: Responses = {302: {"description": "Redirects to the address in the token."}, **_NOT_OURS}


# Scanners and link previews send HEAD. They get the same answer, and the event is recorded as made by a machine.


@router.head("/t/o/{token}.gif", include_in_schema=False)
@router.get("/t/o/{token}.gif", response_class=Response, responses=_PICTURE | problems(422, 500))
async def open_pixel(token: TokenText, request: Request) -> Response:
    """Records that the message was opened. An invalid token records nothing."""
    found = _read(request, token, "open")
    return Response(_GIF, media_type="image/gif", headers=PRIVATE, background=await _recording(request, found))


@router.head("/t/c/{token}", include_in_schema=False)
@router.get("/t/c/{token}", status_code=302, response_class=Response, responses=_FOUND | problems(422, 500))
async def follow_link(token: TokenText, request: Request) -> Response:
    """Records the click and redirects to the address in the token, and to no other. It redirects even while clicks
    cannot be recorded."""
    found = _read(request, token, "click")
    if found is None:
        return pages.unknown()
    recording = await _recording(request, found)
    return Response(status_code=302, headers={**PRIVATE, "Location": found.url}, background=recording)


@router.head("/u/{token}", include_in_schema=False)
@router.get("/u/{token}", response_class=HTMLResponse, responses=_PAGES | problems(422, 500))
async def ask_to_unsubscribe(token: TokenText, request: Request) -> Response:
    """A page with a button. It changes nothing, because scanners follow every link."""
    found = _read(request, token, "unsubscribe")
    if found is None:
        return pages.unknown()
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            address = await tracking.recipient(app_context(request).database, found)
    except (SQLAlchemyError, OSError):
        return pages.ask(None)
    return pages.ask(address) if address else pages.unknown()


@router.post("/u/{token}", response_class=HTMLResponse, responses=_PAGES | _NOT_NOW | problems(422, 500))
async def unsubscribe(token: TokenText, request: Request) -> Response:
    """Unsubscribes at once (RFC 8058): no cookie, no redirect. Doing it twice changes nothing.

    Any body is accepted, also none. `List-Unsubscribe=One-Click` only tells a POST from a scanner's GET, and nobody who
    wants to unsubscribe should fail because of its spelling.
    """
    found = _read(request, token, "unsubscribe")
    if found is None:
        return pages.unknown()
    try:
        async with asyncio.timeout(RECORD_SECONDS):
            is_known = await tracking.unsubscribed(app_context(request).database, found)
    except (SQLAlchemyError, OSError) as error:
        log.error("message %s could not be unsubscribed from: %s", found.message_id, type(error).__name__)
        return pages.not_now()
    if not is_known:
        return pages.unknown()
    app_context(request).dispatcher.kick(found.tenant_id)
    return pages.done()


def _read(request: Request, token: str, kind: Kind) -> Token | None:
    key = app_context(request).link_key
    return key.read(token, kind) if key else None


async def _recording(request: Request, token: Token | None) -> BackgroundTask | None:
    """Starts to record the event, and returns what remains to be done after the answer."""
    if token is None:
        return None
    links = app_context(request).links
    deed, record = ("open", links.opened) if token.kind == "open" else ("click", links.clicked)
    fetch = tracking.fetch_of(deed, request.method, request.headers)
    recording = asyncio.ensure_future(record(token, fetch, datetime.now(UTC)))
    await asyncio.wait({recording}, timeout=ANSWER_SECONDS)
    return BackgroundTask(_finished, recording)


async def _finished(recording: asyncio.Future[None]) -> None:
    await recording
