"""Route classes. They identify the caller first and check the body second."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from api.app_context import app_context
from api.requests.auth import authenticate, count_request
from api.requests.json_body import limited, refuse_bad_json, refuse_bad_parameters
from api.requests.session_cookie import refuse_other_sites


class ApiRoute(APIRoute):
    """Needs an API key or a session. Checks the JSON body, if any."""

    max_body_bytes: ClassVar[int] = 10 * 2**20

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await self.admit(request)
            refuse_bad_parameters(request)
            request = limited(request, self.max_body_bytes)
            await self.refuse_bad_body(request)
            answer = await handle(request)
            answer.headers.setdefault("Cache-Control", "no-store")  # the answer is for this caller only
            return answer

        return guarded

    async def admit(self, request: Request) -> None:
        request.state.principal = principal = await authenticate(request)
        count_request(request, principal.user_id or principal.key_id)

    async def refuse_bad_body(self, request: Request) -> None:
        if self.body_field is not None:
            await refuse_bad_json(request)


class UploadRoute(ApiRoute):
    """For endpoints that read an uploaded file as a stream."""

    max_body_bytes: ClassVar[int] = 2**30

    async def refuse_bad_body(self, request: Request) -> None:
        return None


class SignInRoute(ApiRoute):
    """For requests without a session. Refuses other sites, which could otherwise sign a browser in as somebody else."""

    max_body_bytes: ClassVar[int] = 2**14

    async def admit(self, request: Request) -> None:
        refuse_other_sites(request, app_context(request).config)
