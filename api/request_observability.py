"""Middleware around every request: its request ID (for logs and the answer), its metrics and its trace span."""

import re
import time
from uuid import uuid4

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.observability import log_context, metrics

HEADER = b"x-request-id"
# Only these characters are safe to log as they were sent. No email address matches.
_SAFE = re.compile(rb"[A-Za-z0-9_-]{1,64}")
TRACER = trace.get_tracer(__name__)
_PROPAGATOR = TraceContextTextMapPropagator()
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestObservability:
    """ASGI middleware. It keeps the caller's request ID if that has only letters, digits, `-` and `_`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with TRACER.start_as_current_span(
            "request",
            context=_trace(scope),
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            await self._answer(scope, receive, send, span)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        request_id = _header(scope, HEADER)
        if not _SAFE.fullmatch(request_id):
            request_id = uuid4().hex.encode()
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
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.request.method": method, "http.route": route})
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(StatusCode.ERROR)


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _trace(scope: Scope) -> Context:
    """Returns the caller's trace context, IDs only: baggage would be copied into Temporal's histories."""
    return _PROPAGATOR.extract({"traceparent": _header(scope, b"traceparent").decode("latin-1")}, Context())


def _route(scope: Scope) -> str:
    """Returns the route as declared (`/leads/{lead_id}`), so that metrics have one label value for each route."""
    return getattr(scope.get("route"), "path", None) or "none"
