"""The links in mail: opens, clicks, unsubscribing. No key: the token in each says what it is for.

Answers are for mail clients and browsers: a picture, a redirect, a small page. Nothing here sets a cookie.
"""

import base64
from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from api.documented import Responses, problems
from api.unavailable import reaching_postgres
from api.wiring import wiring
from domain.errors import NotFound
from mail.tracking import Kind, Token
from services import tracking

router = APIRouter(tags=["Links in mail"])

_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_PRIVATE = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_PAGE_HEADERS = {
    **_PRIVATE,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem; color: #1a1a1a;
background: #fff }}
button {{ font: inherit; padding: .75rem 1.5rem; border: 2px solid #1a1a1a; border-radius: .375rem; background: #1a1a1a;
color: #fff; cursor: pointer }}
button:focus-visible {{ outline: 3px solid #0a66c2; outline-offset: 3px }}
</style>
</head>
<body><main>
<h1>{title}</h1>
<p>{text}</p>
{form}</main></body>
</html>
"""
_ASK = _PAGE.format(
    title="Unsubscribe",
    text="Press the button, and you will get no further email from this sender.",
    form='<form method="post"><button type="submit">Unsubscribe</button></form>\n',
)
_DONE = _PAGE.format(title="You are unsubscribed", text="You will get no further email from this sender.", form="")
_UNKNOWN = _PAGE.format(
    title="This link is not valid",
    text=escape("It may have been cut off. Open it from the email again, or answer the email and say so."),
    form="",
)

TokenText = Annotated[str, Path(description="The token that the mail was sent with.")]
_HTML = {"content": {"text/html": {"schema": {"type": "string"}}}}
_PAGES: Responses = {
    200: {"description": "A page.", **_HTML},
    404: {"description": "The token is not one of ours.", **_HTML},
}
_PICTURE: Responses = {200: {"description": "A picture, whatever the token.", "content": {"image/gif": {}}}}
_FOUND: Responses = {302: {"description": "To the address in the token."}}


@router.get("/t/o/{token}.gif", response_class=Response, responses=_PICTURE | problems(422, 500, 503))
async def open_pixel(token: TokenText, request: Request) -> Response:
    """Records that the message was opened; a token that is not ours records nothing."""
    found = _read(request, token, "open")
    if found is not None:
        with reaching_postgres():
            database = wiring(request).database
            await tracking.opened(database, found, machine=tracking.by_machine(request.headers))
            _kick(request, found)
    return _picture()


@router.get("/t/c/{token}", status_code=302, response_class=Response, responses=_FOUND | problems(404, 422, 500, 503))
async def follow_link(token: TokenText, request: Request) -> Response:
    """Records that the link was followed, and leads to the address in its token, to no other."""
    found = _read(request, token, "click")
    if found is None:
        raise NotFound("this link is not one of ours")
    with reaching_postgres():
        database = wiring(request).database
        await tracking.clicked(database, found, machine=tracking.by_machine(request.headers))
        _kick(request, found)
    return _to(found)


@router.get("/u/{token}", response_class=HTMLResponse, responses=_PAGES | problems(422, 500))
async def ask_to_unsubscribe(token: TokenText, request: Request) -> Response:
    """A page with a button. It changes nothing: scanners follow every link."""
    return _page(_ASK) if _read(request, token, "unsubscribe") else _page(_UNKNOWN, 404)


@router.post("/u/{token}", response_class=HTMLResponse, responses=_PAGES | problems(422, 500, 503))
async def unsubscribe(token: TokenText, request: Request) -> Response:
    """Unsubscribes at once (RFC 8058): no cookie, no redirect, and doing it twice changes nothing."""
    found = _read(request, token, "unsubscribe")
    if found is None:
        return _page(_UNKNOWN, 404)
    with reaching_postgres():
        await tracking.unsubscribed(wiring(request).database, found)
        _kick(request, found)
    return _page(_DONE)


# HEAD is how scanners and previews look at a link: answered alike, and nothing is recorded.


@router.head("/t/o/{token}.gif", include_in_schema=False)
async def look_at_pixel(token: TokenText) -> Response:
    return _picture()


@router.head("/t/c/{token}", include_in_schema=False)
async def look_at_link(token: TokenText, request: Request) -> Response:
    found = _read(request, token, "click")
    if found is None:
        raise NotFound("this link is not one of ours")
    return _to(found)


@router.head("/u/{token}", include_in_schema=False)
async def look_at_page(token: TokenText, request: Request) -> Response:
    return await ask_to_unsubscribe(token, request)


def _read(request: Request, token: str, kind: Kind) -> Token | None:
    key = wiring(request).link_key
    return key.read(token, kind) if key else None


def _kick(request: Request, token: Token) -> None:
    wiring(request).dispatcher.kick(token.tenant_id)


def _picture() -> Response:
    return Response(_GIF, media_type="image/gif", headers=_PRIVATE)


def _to(token: Token) -> Response:
    return Response(status_code=302, headers={**_PRIVATE, "Location": token.url})


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=_PAGE_HEADERS)
