"""Around every request: its ID, which log lines and the answer carry, and its place among the numbers."""

import re
import time
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import log_context, metrics

HEADER = b"x-request-id"
# What may stand in a log as it was sent. No address has this form.
_SAFE = re.compile(rb"[A-Za-z0-9_-]{1,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Observed:
    """ASGI middleware. A request ID that the caller sends is taken over, if it is letters, digits, `-` and `_`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        log_context.begin(request_id=request_id.decode())
        status = 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, observed)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = _route(scope)
            metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
            metrics.HTTP_SECONDS.labels(method, route).observe(time.perf_counter() - began)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == HEADER and _SAFE.fullmatch(value):
            return value
    return uuid4().hex.encode()


def _route(scope: Scope) -> str:
    """As it is declared (`/leads/{lead_id}`), so that there are as many as there are routes."""
    return getattr(scope.get("route"), "path", None) or "none"
