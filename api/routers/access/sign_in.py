"""Signing in: `POST /session`, and `POST /invitations/accept` for whoever sets a password first. Without a key."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response
from starlette.background import BackgroundTask

from api.documented import WITH_BODY, problems
from api.errors import problem
from api.requests.auth import count_request, find_key, of_session
from api.requests.session_cookie import cookie_of, give_cookie
from api.route import SignInRoute
from api.routers.access.session import described
from api.schemas.access.session import InvitationAccept, KeySignIn, PasswordSignIn, SessionResponse, SignIn
from api.unavailable import reaching_postgres
from api.wiring import wiring
from services.access import invitations, sessions, sign_in
from services.access.sign_in import SignedIn, SignInFailed

router = APIRouter(tags=["Administration"], route_class=SignInRoute)

_ALWAYS = WITH_BODY | problems(403, 422, 500, 503)


@router.post("/session", status_code=201, response_model=SessionResponse, responses=_ALWAYS | problems(401, 409, 429))
async def create_session(request: Request, body: Annotated[SignIn, Body()]) -> Response:
    """Signs a browser in, with an API key or with a person's email address and password, and gives it a cookie. Needs
    the header `X-Cadenza-CSRF: 1`. A session that the browser had is ended.

    Whether the address is unknown, has no password or another one, is answered alike (401 `sign_in_failed`). Where
    several tenants know it with this password, 409 `tenant_needed` names them in `tenants`.
    """
    try:
        with reaching_postgres():
            signed_in = await (_by_key(request, body) if isinstance(body, KeySignIn) else _by_password(request, body))
    except SignInFailed as refused:
        answer = problem(refused)
        # Afterwards, or the time that it takes would tell whether somebody has the address.
        answer.background = BackgroundTask(sign_in.audit_refusal, wiring(request).database, refused.tried)
        return answer
    return await _answered(request, signed_in)


@router.post("/invitations/accept", status_code=201, response_model=SessionResponse, responses=_ALWAYS | problems(410))
async def accept_invitation(request: Request, body: InvitationAccept) -> Response:
    """Sets the password of the person whom the link was made for, ends their sessions, and signs the browser in. Needs
    the header `X-Cadenza-CSRF: 1`."""
    wired = wiring(request)
    with reaching_postgres():
        signed_in = await invitations.accept(wired.database, wired.passwords, body.token, body.password)
    return await _answered(request, signed_in)


async def _by_key(request: Request, body: KeySignIn) -> SignedIn:
    database = wiring(request).database
    key = await find_key(database, body.api_key.strip())
    count_request(request, key.key_id)
    return await sign_in.by_key(database, key)


async def _by_password(request: Request, body: PasswordSignIn) -> SignedIn:
    wired = wiring(request)
    attempt = (body.email, request.client.host if request.client else "")
    wired.attempts.begin(*attempt)
    signed_in = await sign_in.by_password(wired.database, wired.passwords, body.email, body.password, body.tenant_id)
    if not signed_in.counts:
        wired.attempts.was_right(*attempt)
    return signed_in


async def _answered(request: Request, signed_in: SignedIn) -> Response:
    """Who is signed in now, with the cookie. What the browser was signed in to before is over."""
    wired = wiring(request)
    with reaching_postgres():
        await _leave(request)
        who = await of_session(wired.database, signed_in.token)
        async with wired.database.read(who.tenant_id) as session:
            told = await described(session, who, wired)
    answer = JSONResponse(told.model_dump(mode="json"), 201)
    give_cookie(answer, wired.config, signed_in.token)
    return answer


async def _leave(request: Request) -> None:
    wired = wiring(request)
    token = cookie_of(request, wired.config)
    left = await sessions.find_session(wired.database, token) if token else None
    if left is not None:
        transaction = wired.database.write(left.tenant_id, api_key_id=left.api_key_id, user_id=left.user_id)
        async with transaction as session:
            await sessions.end_session(session, left.session_id)
