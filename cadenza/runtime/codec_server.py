"""`cadenza codec-server`: decrypts and encrypts payloads for Temporal's web UI and command line.

It implements Temporal's remote codec protocol: `POST /codec/decode` and `/codec/encode` accept and return the protobuf
message `temporal.api.common.v1.Payloads` as JSON. If a server key is set, only requests with that key are answered.
Otherwise every program on this machine may ask, but no page of another origin, and only under a name of loopback
(against DNS rebinding).
"""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from google.protobuf.json_format import MessageToDict, Parse, ParseError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from cadenza.errors import StartError
from cadenza.runtime.http_server import serve
from cadenza.runtime.payload_codec import PayloadCodec
from cadenza.runtime.payload_keys import PayloadKeys, PayloadUnreadable
from cadenza.settings import Settings, unset

# Temporal accepts no larger message (4 MB over gRPC), and base64 makes it a third larger.
MAX_BODY_BYTES = 8 * 2**20
LOOPBACK_NAMES = ("127.0.0.1", "localhost")
ASKED_WITH = ("Authorization", "Content-Type", "X-Namespace")

Transform = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


async def serve_codec(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C. Raises `StartError` for settings that would make it public or useless."""
    keys, host = settings.payload_ring(), settings.codec_server_host
    key = settings.codec_server_key.get_secret_value() if settings.codec_server_key else None
    if not keys:
        raise StartError(unset("payload_keys", "the output of `openssl rand -base64 32`"))
    if key is None and host not in LOOPBACK_NAMES:
        raise StartError(
            f"CADENZA_CODEC_SERVER_HOST={host} can be reached from elsewhere: "
            + unset("codec_server_key", "the output of `openssl rand -base64 32`")
        )
    app = codec_app(keys, key=key, ui_url=settings.temporal_ui_url)
    await serve(app, host, settings.codec_server_port)


def codec_app(keys: PayloadKeys, *, key: str | None, ui_url: str | None) -> Starlette:
    """`ui_url` is Temporal's web UI, the only origin whose pages may ask. Without `key`, requests need no key, and the
    server answers to names of loopback only."""
    codec = PayloadCodec(keys)
    origins = [_origin(ui_url)] if ui_url else []

    def endpoint(transform: Transform) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            refusal = _refusal(request, origins, key)
            return refusal or await _transformed(request, transform)

        return answer

    middleware = [
        Middleware(CORSMiddleware, allow_origins=origins, allow_methods=["POST"], allow_headers=ASKED_WITH, max_age=600)
    ]
    if key is None:
        middleware.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES))
    routes = [
        Route("/codec/decode", endpoint(codec.decode), methods=["POST"]),
        Route("/codec/encode", endpoint(codec.encode), methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=middleware)


def _refusal(request: Request, origins: Sequence[str], key: str | None) -> Response | None:
    origin = request.headers.get("Origin")
    if origin is not None and origin not in origins:
        return _message(403, "requests from pages of this origin are refused: set CADENZA_TEMPORAL_UI_URL")
    given = request.headers.get("Authorization", "")
    if key is not None and not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
        return _message(401, "send `Authorization: Bearer <CADENZA_CODEC_SERVER_KEY>`")
    return None


async def _transformed(request: Request, transform: Transform) -> Response:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return _message(413, f"the body may have at most {MAX_BODY_BYTES} bytes")
    try:
        request_payloads = Parse(bytes(body), Payloads())
        answer = Payloads(payloads=await transform(request_payloads.payloads))
    except (ParseError, UnicodeDecodeError, RecursionError):
        return _message(400, "the body is not a temporal.api.common.v1.Payloads in JSON")
    except PayloadUnreadable as error:
        return _message(400, str(error))
    return JSONResponse(MessageToDict(answer))


def _message(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
