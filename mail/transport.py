"""Sends through one mailbox's SMTP server over a pool of connections.

The last moment at which a message can still be held back is just before its final dot: until then no server has
accepted it. `deliver` asks there, once more, and whoever is asked commits "sending" in the same breath.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from mail.delivery import (
    AuthenticationFailed,
    ConnectionFailed,
    DeliveryFailed,
    MessageRefused,
    OutcomeUnknown,
    RecipientRefused,
    SendWithdrawn,
    TemporarilyRefused,
    redact,
)
from mail.smtp_server import SmtpServer, Timeouts
from mail.smtp_session import BeforeFinalDot, SmtpAccepted, SmtpSession, StaleConnection

__all__ = [
    "AuthenticationFailed",
    "BeforeFinalDot",
    "ConnectionFailed",
    "DeliveryFailed",
    "MessageRefused",
    "OutcomeUnknown",
    "RecipientRefused",
    "SendWithdrawn",
    "SmtpAccepted",
    "SmtpServer",
    "SmtpTransport",
    "TemporarilyRefused",
    "Timeouts",
    "check_login",
    "redact",
]


async def check_login(server: SmtpServer, timeouts: Timeouts) -> None:
    """Connects, negotiates TLS, logs in, and leaves. Raises what SmtpSession.open does."""
    session = await SmtpSession.open(server, timeouts)
    await session.quit()


@dataclass(slots=True)
class _Idle:
    session: SmtpSession
    expiry: asyncio.TimerHandle


class SmtpTransport:
    """Connections to one server, shared by everything that sends through it in one event loop.

    At most `max_open` messages are under way at once, further ones wait; at most `max_idle` connections are kept,
    each for at most `idle_seconds` without use.
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        timeouts: Timeouts | None = None,
        max_open: int = 10,
        max_idle: int = 10,
        idle_seconds: float = 30.0,
    ) -> None:
        self._server = server
        self._timeouts = timeouts or Timeouts()
        self._max_idle = max_idle
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(max_open)
        self._idle: deque[_Idle] = deque()
        self._closed = False

    async def deliver(
        self, message: bytes, envelope_from: str, envelope_to: str, before_final_dot: BeforeFinalDot
    ) -> SmtpAccepted:
        """Hands one message to the server.

        `before_final_dot` is awaited once the server has taken the whole body but its last line. When it returns
        False or raises, the connection is dropped there, and the message has not left (SendWithdrawn). It is not
        awaited at all when the message fails before, and at most once in any case.

        Raises RecipientRefused, MessageRefused, TemporarilyRefused, ConnectionFailed, AuthenticationFailed,
        SendWithdrawn: certainly not accepted. OutcomeUnknown: perhaps accepted. A cancellation after
        `before_final_dot` has returned leaves the outcome unknown as well.
        """
        async with self._slots:
            session = self._take_idle()
            if session is not None:
                try:
                    return await self._send(session, message, envelope_from, envelope_to, before_final_dot)
                except StaleConnection:
                    session.close()
            session = await SmtpSession.open(self._server, self._timeouts)
            return await self._send(session, message, envelope_from, envelope_to, before_final_dot)

    async def aclose(self) -> None:
        """Closes the idle connections; those in use close when their message is done."""
        self._closed = True
        idle, self._idle = self._idle, deque()
        for one in idle:
            one.expiry.cancel()
        await asyncio.gather(*(one.session.quit() for one in idle))

    async def _send(
        self, session: SmtpSession, message: bytes, sender: str, recipient: str, before_final_dot: BeforeFinalDot
    ) -> SmtpAccepted:
        try:
            return await session.send(message, sender, recipient, before_final_dot)
        finally:
            self._give_back(session)

    def _take_idle(self) -> SmtpSession | None:
        """The connection used last, which is the likeliest to be alive still."""
        while self._idle:
            idle = self._idle.pop()
            idle.expiry.cancel()
            if idle.session.is_usable:
                return idle.session
        return None

    def _give_back(self, session: SmtpSession) -> None:
        if not session.is_usable:
            return
        if self._closed or len(self._idle) >= self._max_idle:
            session.close()
            return
        expiry = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, session)
        self._idle.append(_Idle(session, expiry))

    def _expire(self, session: SmtpSession) -> None:
        self._idle = deque(one for one in self._idle if one.session is not session)
        session.close()
