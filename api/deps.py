"""Dependencies of endpoints: a tenant's transaction, a page of a list, an answer that is given once per key.

A transaction begins before the endpoint runs and is committed after it, before the answer is sent (FastAPI's
`scope="function"`). So a client that has its answer can read what it wrote.
"""

import hmac
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.app_context import AppContext, app_context
from api.outages import reaching_postgres
from api.requests.auth import Principal, principal_of
from api.requests.json_body import YAML_TYPES, media_type
from db.session import ReadSession, WriteSession
from services import idempotency
from services.access.api_keys import Scope
from services.idempotency import KeptAnswer
from services.paging import PageRequest

S = TypeVar("S", bound=ReadSession)


@asynccontextmanager
async def _opened(transaction: AbstractAsyncContextManager[S]) -> AsyncGenerator[S]:
    async with AsyncExitStack() as stack:
        with reaching_postgres():
            session = await stack.enter_async_context(transaction)
        yield session


def _reads(scope: Scope) -> Callable[[Request], AsyncIterator[ReadSession]]:
    async def read_session(request: Request) -> AsyncIterator[ReadSession]:
        tenant_id = principal_of(request, scope).tenant_id
        async with _opened(app_context(request).database.read(tenant_id)) as session:
            yield session

    return read_session


def _writes(scope: Scope, *, tells_temporal: bool = False) -> Callable[[Request], AsyncIterator[WriteSession]]:
    async def write_session(request: Request) -> AsyncIterator[WriteSession]:
        principal = principal_of(request, scope)
        tenant_id = principal.tenant_id
        transaction = app_context(request).database.write(
            tenant_id, api_key_id=principal.key_id, user_id=principal.user_id
        )
        async with _opened(transaction) as session:
            yield session
        if tells_temporal:
            app_context(request).dispatcher.kick(tenant_id)

    return write_session


Reading = Annotated[ReadSession, Depends(_reads("read"), scope="function")]
OwnWriting = Annotated[WriteSession, Depends(_writes("read"), scope="function")]
"""For writes to what belongs to the caller (such as their session): the scope `read` is enough."""
Writing = Annotated[WriteSession, Depends(_writes("write"), scope="function")]
Steering = Annotated[WriteSession, Depends(_writes("write", tells_temporal=True), scope="function")]
"""For writes that Temporal must be told about: the outbox is dispatched right after the commit."""
AdminReading = Annotated[ReadSession, Depends(_reads("admin"), scope="function")]
AdminWriting = Annotated[WriteSession, Depends(_writes("admin"), scope="function")]
AdminSteering = Annotated[WriteSession, Depends(_writes("admin", tells_temporal=True), scope="function")]


def _allowed(scope: Scope) -> Callable[[Request], Principal]:
    def allowed(request: Request) -> Principal:
        return principal_of(request, scope)

    return allowed


Reader = Annotated[Principal, Depends(_allowed("read"))]
Writer = Annotated[Principal, Depends(_allowed("write"))]
Admin = Annotated[Principal, Depends(_allowed("admin"))]


def _context(request: Request) -> AppContext:
    return app_context(request)


Context = Annotated[AppContext, Depends(_context)]


def _page(
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


Paging = Annotated[PageRequest, Depends(_page)]


class AnswerOnce:
    """Carries out a request at most once per `Idempotency-Key`; without the header, every time."""

    def __init__(
        self,
        request: Request,
        idempotency_key: Annotated[
            str | None,
            Header(
                alias="Idempotency-Key",
                min_length=1,
                max_length=255,
                pattern=r"^[\x20-\x7e]+$",
                description="A second request with the same key and body, by the same API key or session, is not "
                "carried out again: it gets the first answer.",
            ),
        ] = None,
    ) -> None:
        self._request = request
        self._key = idempotency_key

    async def __call__(
        self, session: WriteSession, status_code: int, carry_out: Callable[[], Awaitable[BaseModel]]
    ) -> JSONResponse:
        """Returns the answer of `carry_out`, or the stored answer to an earlier request. Raises IdempotencyConflict."""
        if self._key is None:
            return JSONResponse((await carry_out()).model_dump(mode="json"), status_code)
        kept = await idempotency.claim(session, self._key, await self._request_hash())
        if kept is not None:
            return JSONResponse(kept.body, kept.status_code, headers={"Idempotent-Replayed": "true"})
        answer = KeptAnswer(status_code, (await carry_out()).model_dump(mode="json"))
        await idempotency.keep(session, self._key, answer)
        return JSONResponse(answer.body, answer.status_code)

    async def _request_hash(self) -> bytes:
        body = await self._request.body()
        if body and media_type(self._request) not in YAML_TYPES:
            # Two bodies with the same JSON value are the same request, whatever their formatting.
            body = json.dumps(await self._request.json(), sort_keys=True).encode()
        request_text = f"{self._request.method} {self._request.url.path}\n".encode() + body
        # Keyed with the caller's secret, which is not stored: the body may hold a password, and a plain hash of it
        # would allow guessing.
        return hmac.digest(principal_of(self._request, "read").secret.encode(), request_text, "sha256")


Once = Annotated[AnswerOnce, Depends()]
