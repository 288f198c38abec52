"""A TCP proxy for Postgres that counts round trips: how often the client waits for the server.

A client waits after Sync, Flush and Query (PostgreSQL documentation, "Frontend/Backend Protocol").
"""

import asyncio
import contextlib
import struct

WAITS = {ord("S"), ord("H"), ord("Q")}
STARTUP = 196608
LOOPBACK = "127.0.0.1"


class RoundTripCounter:
    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.round_trips = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        server, onward = await asyncio.open_connection(*self._target)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await asyncio.gather(self._count(client, onward), self._copy(server, back))
        onward.close()
        back.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.close()

    async def _count(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        started = False
        while True:
            # Until the startup message, messages have a length but no type.
            kind = await source.readexactly(1) if started else b""
            header = await source.readexactly(4)
            (length,) = struct.unpack("!i", header)
            body = await source.readexactly(length - 4)
            if not started:
                started = struct.unpack("!i", body[:4])[0] == STARTUP
            elif kind[0] in WAITS:
                self.round_trips += 1
            target.write(kind + header + body)
            await target.drain()
