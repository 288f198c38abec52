"""Signing in: `POST /session`, and `POST /invitations/accept` to set a first password. Neither needs a key."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response
from starlette.background import BackgroundTask

from api.app_context import app_context
from api.error_responses import WITH_BODY, problems
from api.errors import problem
from api.outages import reaching_postgres
from api.requests.auth import count_request, find_key, of_session
from api.requests.session_cookie import cookie_of, give_cookie
from api.route import SignInRoute
from api.routers.access.session import session_response
from api.schemas.access.session import InvitationAccept, KeySignIn, PasswordSignIn, SessionResponse, SignIn
from services.access import invitations, sessions, sign_in
from services.access.sign_in import SignedIn, SignInFailed

router = APIRouter(tags=["Administration"], route_class=SignInRoute)

_ALWAYS = WITH_BODY | problems(403, 422, 500, 503)


@router.post("/session", status_code=201, response_model=SessionResponse, responses=_ALWAYS | problems(401, 409, 429))
async def create_session(request: Request, body: Annotated[SignIn, Body()]) -> Response:
    """Signs a browser in with an API key, or with an email address and password, and sets a cookie. Needs the header
    `X-Cadenza-CSRF: 1`. If the browser had a session, that session ends.

    An unknown address, a user without a password and a wrong password get the same answer (401 `sign_in_failed`). If
    several tenants have a user with this address and password, 409 `tenant_needed` lists them in `tenants`.
    """
    try:
        with reaching_postgres():
            signed_in = await (_by_key(request, body) if isinstance(body, KeySignIn) else _by_password(request, body))
    except SignInFailed as refused:
        answer = problem(refused)
        # After the answer: otherwise its duration would reveal whether the address exists.
        answer.background = BackgroundTask(sign_in.audit_refusal, app_context(request).database, refused.tried)
        return answer
    return await _respond(request, signed_in)


@router.post("/invitations/accept", status_code=201, response_model=SessionResponse, responses=_ALWAYS | problems(410))
async def accept_invitation(request: Request, body: InvitationAccept) -> Response:
    """Sets the password of the user the invitation is for, ends that user's sessions, and signs the browser in. Needs
    the header `X-Cadenza-CSRF: 1`."""
    context = app_context(request)
    with reaching_postgres():
        signed_in = await invitations.accept(context.database, context.passwords, body.token, body.password)
    return await _respond(request, signed_in)


async def _by_key(request: Request, body: KeySignIn) -> SignedIn:
    database = app_context(request).database
    key = await find_key(database, body.api_key.strip())
    count_request(request, key.key_id)
    return await sign_in.by_key(database, key)


async def _by_password(request: Request, body: PasswordSignIn) -> SignedIn:
    context = app_context(request)
    attempt = (body.email, request.client.host if request.client else "")
    context.attempts.begin(*attempt)
    signed_in = await sign_in.by_password(
        context.database, context.passwords, body.email, body.password, body.tenant_id
    )
    if not signed_in.counts:
        context.attempts.was_right(*attempt)
    return signed_in


async def _respond(request: Request, signed_in: SignedIn) -> Response:
    """Answers with the new session and its cookie, and ends the session that the browser had before."""
    context = app_context(request)
    with reaching_postgres():
        await _end_previous_session(request)
        principal = await of_session(context.database, signed_in.token)
        async with context.database.read(principal.tenant_id) as session:
            shown = await session_response(session, principal, context)
    answer = JSONResponse(shown.model_dump(mode="json"), 201)
    give_cookie(answer, context.config, signed_in.token)
    return answer


async def _end_previous_session(request: Request) -> None:
    context = app_context(request)
    token = cookie_of(request, context.config)
    previous = await sessions.find_session(context.database, token) if token else None
    if previous is not None:
        transaction = context.database.write(
            previous.tenant_id, api_key_id=previous.api_key_id, user_id=previous.user_id
        )
        async with transaction as session:
            await sessions.end_session(session, previous.session_id)
