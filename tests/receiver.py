"""A webhook receiver: a real HTTP server on loopback that stores the requests and sends the given answers."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

from cadenza.embedded.ports import LOOPBACK

PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Heard:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """Returns the body after the standard's library has verified its signature."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list[tuple[int, dict[str, str]]])
    """Answers to the next requests; 204 after the last one."""
    heard: list[Heard] = field(default_factory=list[Heard])
    hang: bool = False
    flood: bool = False
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/hooks"

    async def until_heard(self, count: int) -> list[Heard]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.heard) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return self.heard

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.heard.append(Heard(method, target, headers, body))
        if self.hang:
            await asyncio.sleep(PATIENCE_SECONDS)
        status, extra = self.answers.pop(0) if self.answers else (204, {})
        lines = [f"HTTP/1.1 {status} Told", "Connection: close", *(f"{name}: {value}" for name, value in extra.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            while self.flood:
                writer.write(b"x" * 65536)
                await writer.drain()
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()


@asynccontextmanager
async def receiving(host: str = LOOPBACK) -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver._answer, host, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
