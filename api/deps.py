"""What endpoints ask for: a tenant's transaction, a page of a list, an answer that is given once.

A transaction begins before the endpoint and is committed after it, before the answer is sent (FastAPI's
`scope="function"`): a client that has its answer finds what it wrote.
"""

import hmac
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.requests.auth import Principal, principal_of
from api.requests.json_body import YAML_TYPES, media_type
from api.unavailable import reaching_postgres
from api.wiring import Wiring, wiring
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
        async with _opened(wiring(request).database.read(tenant_id)) as session:
            yield session

    return read_session


def _writes(scope: Scope, *, tells_temporal: bool = False) -> Callable[[Request], AsyncIterator[WriteSession]]:
    async def write_session(request: Request) -> AsyncIterator[WriteSession]:
        principal = principal_of(request, scope)
        tenant_id = principal.tenant_id
        transaction = wiring(request).database.write(tenant_id, api_key_id=principal.key_id, user_id=principal.user_id)
        async with _opened(transaction) as session:
            yield session
        if tells_temporal:
            wiring(request).dispatcher.kick(tenant_id)

    return write_session


Reading = Annotated[ReadSession, Depends(_reads("read"), scope="function")]
OwnWriting = Annotated[WriteSession, Depends(_writes("read"), scope="function")]
"""Writes what is the caller's own, whatever else they may."""
Writing = Annotated[WriteSession, Depends(_writes("write"), scope="function")]
Steering = Annotated[WriteSession, Depends(_writes("write", tells_temporal=True), scope="function")]
"""Writes what Temporal must hear of: after the commit, the outbox is dispatched at once."""
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


def _wired(request: Request) -> Wiring:
    return wiring(request)


Wired = Annotated[Wiring, Depends(_wired)]


def _page(
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


Paging = Annotated[PageRequest, Depends(_page)]


class AnswerOnce:
    """Carries a request out at most once per `Idempotency-Key`; without one, every time."""

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
                description="Sent again with the same body, by the same key or session, the request is not carried "
                "out again: the first answer is given again.",
            ),
        ] = None,
    ) -> None:
        self._request = request
        self._key = idempotency_key

    async def __call__(
        self, session: WriteSession, status_code: int, carry_out: Callable[[], Awaitable[BaseModel]]
    ) -> JSONResponse:
        """The answer of `carry_out`, or the one kept. Raises IdempotencyConflict."""
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
            # The document counts, not how it was written down.
            body = json.dumps(await self._request.json(), sort_keys=True).encode()
        asked = f"{self._request.method} {self._request.url.path}\n".encode() + body
        # Keyed with what is not stored here: a body may hold a password, which its plain hash would let one guess.
        return hmac.digest(principal_of(self._request, "read").secret.encode(), asked, "sha256")


Once = Annotated[AnswerOnce, Depends()]
