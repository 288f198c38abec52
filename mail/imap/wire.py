"""Sends command lines and receives whole responses, including literals. Every wait has a timeout."""

import asyncio
import re
import ssl

from domain.failures import described
from mail.imap.errors import ImapConnectionFailed, ImapProtocolError
from mail.imap.responses import ImapResponse, parse_response
from mail.redaction import redact

# A literal (RFC 3501 section 4.3), also a binary (RFC 3516) and a non-synchronising one (RFC 7888).
_LITERAL = re.compile(rb"~?\{(\d{1,10})\+?\}$")
_CHUNK = 256 * 1024
# Memory overhead of a kept line or literal, beyond its own bytes.
_KEPT_BYTES = 256


class ImapWire:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, silence: float, max_bytes: int
    ) -> None:
        """`silence`: seconds without a byte after which the connection counts as lost.

        `max_bytes` limits the responses to one command together: tenants name the server, which may send without
        end."""
        self._reader = reader
        self._writer = writer
        self._silence = silence
        self._max_bytes = self._left = max_bytes

    async def send(self, line: bytes) -> None:
        """Sends one line. Raises ImapConnectionFailed."""
        self._left = self._max_bytes
        try:
            self._writer.write(line + b"\r\n")
            async with asyncio.timeout(self._silence):
                await self._writer.drain()
        except TimeoutError:
            raise ImapConnectionFailed("the server does not read any more") from None
        except OSError as error:
            raise _lost(error) from None

    async def receive(self, within: float | None = None) -> ImapResponse:
        """Returns the next response. `within`: seconds until its first line is due; None means `silence`.

        Raises ImapConnectionFailed, ImapProtocolError. The connection is unusable after either.
        """
        try:
            return parse_response(await self._parts(within or self._silence))
        except TimeoutError:
            raise ImapConnectionFailed("the server does not answer any more") from None
        except asyncio.IncompleteReadError:
            raise ImapConnectionFailed("the server closed the connection") from None
        except asyncio.LimitOverrunError:
            raise ImapProtocolError("a line of the server is too long") from None
        except OSError as error:
            raise _lost(error) from None

    async def start_tls(self, context: ssl.SSLContext, host: str, within: float) -> None:
        """Begins TLS. Raises ImapConnectionFailed, and ImapProtocolError if the server sent unencrypted data after its
        answer to STARTTLS: it would be taken for encrypted data later (CVE-2021-38371)."""
        early = asyncio.ensure_future(self._reader.read(1))
        await asyncio.sleep(0)
        if early.done():
            raise ImapProtocolError("the server sent unencrypted data after STARTTLS")
        early.cancel()
        await asyncio.wait([early])
        try:
            async with asyncio.timeout(within):
                await self._writer.start_tls(context, server_hostname=host)
        except TimeoutError:
            raise ImapConnectionFailed("negotiating TLS took too long") from None
        except OSError as error:
            raise _lost(error) from None

    async def aclose(self) -> None:
        """Closes the connection in any state, within about a second."""
        self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    async def _parts(self, within: float) -> list[bytes]:
        parts: list[bytes] = []
        while True:
            async with asyncio.timeout(within):
                line = (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
            self._count(len(line))
            parts.append(line)
            literal = _LITERAL.search(line)
            if literal is None:
                return parts
            size = int(literal[1])
            self._count(size)
            parts.append(await self._literal(size))
            within = self._silence

    def _count(self, size: int) -> None:
        self._left -= size + _KEPT_BYTES
        if self._left < 0:
            raise ImapProtocolError("the server sends too much in answer to one command")

    async def _literal(self, size: int) -> bytes:
        """Reads a literal. The timeout applies to each chunk, because a large literal takes long."""
        content = bytearray()
        while len(content) < size:
            async with asyncio.timeout(self._silence):
                chunk = await self._reader.read(min(_CHUNK, size - len(content)))
            if not chunk:
                raise asyncio.IncompleteReadError(b"", size)
            content += chunk
        return bytes(content)


def _lost(error: OSError) -> ImapConnectionFailed:
    return ImapConnectionFailed(redact(described(error)))
