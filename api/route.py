"""The route class of every endpoint that needs a key: who asks is settled first, the body is looked at second."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.auth import authenticate, count_request
from api.json_body import limited, refuse_bad_json, refuse_bad_parameters


class ApiRoute(APIRoute):
    """Reads a JSON body, if any."""

    max_body_bytes: ClassVar[int] = 10 * 2**20

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.principal = principal = await authenticate(request)
            count_request(request, principal)
            refuse_bad_parameters(request)
            request = limited(request, self.max_body_bytes)
            await self.refuse_bad_body(request)
            return await handle(request)

        return guarded

    async def refuse_bad_body(self, request: Request) -> None:
        if self.body_field is not None:
            await refuse_bad_json(request)


class UploadRoute(ApiRoute):
    """Streams a file; the endpoint reads it."""

    max_body_bytes: ClassVar[int] = 2**30

    async def refuse_bad_body(self, request: Request) -> None:
        return None
