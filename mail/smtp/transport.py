"""Sends through one mailbox's SMTP server over a pool of connections.

Until its final dot no server has accepted a message, so just before it is the last moment to hold it back. `deliver`
calls `before_final_dot` there, which checks once more and commits the status "sending" in the same transaction.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from mail.smtp.server import SmtpServer, SmtpTimeouts
from mail.smtp.session import BeforeFinalDot, SmtpAccepted, SmtpSession, StaleConnection


async def check_login(server: SmtpServer, timeouts: SmtpTimeouts) -> None:
    """Connects, negotiates TLS, logs in, and disconnects. Raises the errors of SmtpSession.open."""
    session = await SmtpSession.open(server, timeouts)
    await session.quit()


@dataclass(slots=True)
class _Idle:
    session: SmtpSession
    expiry: asyncio.TimerHandle


class SmtpTransport:
    """Connections to one server, shared by everything that sends through it in one event loop.

    At most `max_open` messages are sent at once; further ones wait. At most `max_idle` unused connections are kept,
    each for at most `idle_seconds`.
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        timeouts: SmtpTimeouts | None = None,
        max_open: int = 10,
        max_idle: int = 10,
        idle_seconds: float = 30.0,
    ) -> None:
        self._server = server
        self._timeouts = timeouts or SmtpTimeouts()
        self._max_idle = max_idle
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(max_open)
        self._idle: deque[_Idle] = deque()
        self._closed = False

    async def deliver(
        self, message: bytes, envelope_from: str, envelope_to: str, before_final_dot: BeforeFinalDot
    ) -> SmtpAccepted:
        """Hands one message to the server.

        `before_final_dot` is awaited after the whole body was written except its last line. If it returns False or
        raises, the connection is dropped and the message is not sent (SendWithdrawn). It is awaited at most once, and
        not at all if the message fails earlier.

        Raises RecipientRefused, MessageRefused, TemporarilyRefused, ConnectionFailed, AuthenticationFailed,
        SendWithdrawn: the server has not accepted the message. OutcomeUnknown: it may have accepted it. A cancellation
        after `before_final_dot` has returned leaves the outcome unknown, too.
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
        """Closes the idle connections. Those in use are closed when their message is done."""
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
        """Returns the connection used last, which is the most likely to be still open."""
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
