"""Sends webhooks to URLs that tenants choose, but never into our own network.

The name is resolved once, each address is checked, and the connection is opened to a checked address, so a name that
resolves differently a moment later (DNS rebinding) has no effect. TLS and the Host header use the name.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlunsplit

import httpcore

from domain.webhooks.addresses import WebhookFailed, WebhookRedirected, checked_url, refuse_private
from webhooks.signing import signed_headers

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
AT_ONCE = 50
USER_AGENT = "Cadenza-Webhooks/1"


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    status_code: int


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # A cast, because the declared type is that of the placeholder for a missing anyio.
        self._plain = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (given by httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise WebhookFailed("the host name cannot be resolved") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        # One private address among public ones is refused, too: it is most likely an attack.
        for address in addresses:
            refuse_private(address, allow_private=self._allow_private)
        failure: Exception = WebhookFailed("the host name cannot be resolved")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise WebhookFailed("webhooks go to hosts only")

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)


class WebhookClient:
    """`allow_private` permits receivers on the same machine and network. It is for development only."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        total_seconds: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.allow_private = allow_private
        self._total_seconds = total_seconds
        self._tls = tls
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def send(self, url: str, secret: str, webhook_id: str, body: str) -> WebhookAnswer:
        """POSTs the signed JSON `body`. Only a 2xx answer is a success.

        Raises WebhookFailed (worth a retry) and its subclasses WebhookAddressRefused, WebhookUrlInvalid,
        WebhookRedirected. Their texts contain neither the URL nor the receiver's answer: both are private data of the
        tenant.
        """
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            **signed_headers(secret, webhook_id, datetime.now(UTC), body),
        }
        try:
            async with asyncio.timeout(self._total_seconds):
                status = await self._post(url, headers, body.encode())
        except TimeoutError:
            raise WebhookFailed(f"no answer within {self._total_seconds:g} seconds") from None
        except httpcore.TimeoutException:
            raise WebhookFailed("the receiver does not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, ssl.SSLError) as error:
            raise WebhookFailed(f"the connection failed ({type(error).__name__})") from None
        if 300 <= status < 400:
            raise WebhookRedirected(f"the receiver answered {status}", status_code=status)
        if not 200 <= status < 300:
            raise WebhookFailed(f"the receiver answered {status}", status_code=status)
        return WebhookAnswer(status)

    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        parts = checked_url(url, allow_private=self.allow_private)
        target = urlunsplit(parts._replace(fragment=""))
        timeouts = {"connect": CONNECT_SECONDS, "read": self._total_seconds, "write": self._total_seconds}
        async with self._connections().stream(
            "POST", target, headers=list(headers.items()), content=body, extensions={"timeout": timeouts}
        ) as response:
            # Read the body, so that the receiver is not cut off, but only up to a limit: it may send without end.
            received = 0
            async for chunk in response.aiter_stream():
                received += len(chunk)
                if received > MAX_RESPONSE_BYTES:
                    break
            return response.status

    def _connections(self) -> httpcore.AsyncConnectionPool:
        """Creates the pool on first use, because loading the certificates takes a while. No connection is reused, so
        each request resolves its name and checks the addresses."""
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=self._tls or ssl.create_default_context(),
                max_connections=AT_ONCE,
                max_keepalive_connections=0,
                network_backend=_CheckedBackend(allow_private=self.allow_private),
            )
        return self._pool
