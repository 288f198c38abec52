"""A real SMTP server on loopback that stores messages, and can be made to refuse or stall."""

import asyncio
import email
import email.policy
from collections import Counter
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

from cadenza.embedded.ports import LOOPBACK


@dataclass
class Received:
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


@dataclass
class Sink:
    """`answers`: one for each of the next messages at the final dot; `rcpt_answers`: the same at RCPT.

    While a gate is closed, the final dot (or the recipient) is not answered.
    """

    received: list[Received] = field(default_factory=list[Received])
    answers: list[str] = field(default_factory=list[str])
    rcpt_answers: list[str] = field(default_factory=list[str])
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    rcpt_gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_gate: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _server: asyncio.Server | None = None
    _connections: list[SMTP] = field(default_factory=list[SMTP])

    async def start(self, port: int = 0) -> None:
        self.gate.set()
        self.rcpt_gate.set()
        loop = asyncio.get_running_loop()

        def connection() -> SMTP:
            one = SMTP(self, enable_SMTPUTF8=True, hostname="sink.example", loop=loop)
            self._connections.append(one)
            return one

        self._server = await loop.create_server(connection, LOOPBACK, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for one in self._connections:
                if one.transport is not None:
                    one.transport.abort()
            self._connections.clear()
            self._server = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if not self.rcpt_gate.is_set():
            self.at_gate.set()
            await self.rcpt_gate.wait()
        if self.rcpt_answers:
            return self.rcpt_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 taken"
        if answer.startswith("2"):
            # The message counts as accepted once the final dot was read, even if the client dies before the answer.
            self.received.append(Received(envelope.rcpt_tos[0], envelope.content))
        self.at_gate.set()
        await self.gate.wait()
        return answer

    def subjects(self, to: str | None = None) -> list[str]:
        """Returns the subjects in order of arrival, optionally of one recipient only."""
        return [one.subject for one in self.received if to is None or one.to == to]

    def duplicates(self) -> list[str]:
        """Returns Message-IDs that arrived more than once."""
        return [
            message_id for message_id, times in Counter(one.message_id for one in self.received).items() if times > 1
        ]
