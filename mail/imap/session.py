"""One authenticated connection to an IMAP server, with the commands that watching a folder needs."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from mail.imap.errors import (
    ImapAuthenticationFailed,
    ImapConnectionFailed,
    ImapFailed,
    ImapFolderMissing,
    ImapProtocolError,
)
from mail.imap.folders import encoded
from mail.imap.responses import ImapResponse, Value, as_number
from mail.imap.server import ImapServer, ImapTimeouts, connect
from mail.imap.wire import ImapWire
from mail.redaction import redact, without_credentials

# Bytes of all responses to one command. Message bodies are limited by `fetch`; everything else is short.
MAX_ANSWER = 64 * 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Response codes (RFC 5530) that mean the server is at fault, not the password.
_TRY_LATER = ("UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "CONTACTADMIN")


@dataclass(frozen=True, slots=True)
class Folder:
    """The UID values of a folder when it was opened (RFC 3501 section 2.3.1.1)."""

    uid_validity: int
    """If it differs from an earlier one, all earlier UIDs are invalid."""
    uid_next: int | None
    """A lower bound of the next message's UID; None for old servers that do not report it."""


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """A message or its beginning. `raw` is None if the server lists the message but does not return it."""

    uid: int
    raw: bytes | None


class ImapSession:
    """Serves one folder and one task at a time. It is unusable after any error."""

    def __init__(self, wire: ImapWire, timeouts: ImapTimeouts) -> None:
        self._wire = wire
        self._timeouts = timeouts
        self._tags = 0
        self._capabilities: frozenset[str] = frozenset()
        self.has_news = False
        """Whether the server has announced a message since the last call of `uids_after`."""

    @classmethod
    @asynccontextmanager
    async def open(cls, server: ImapServer, timeouts: ImapTimeouts) -> AsyncGenerator["ImapSession"]:
        """Connects, negotiates TLS, logs in.

        Raises ImapConnectionFailed, ImapAuthenticationFailed, ImapProtocolError.
        """
        try:
            async with asyncio.timeout(timeouts.connect):
                reader, writer = await connect(server)
        except TimeoutError:
            raise ImapConnectionFailed("connecting took too long") from None
        wire = ImapWire(reader, writer, silence=timeouts.silence, max_bytes=MAX_ANSWER)
        session = cls(wire, timeouts)
        try:
            try:
                # One timeout for all steps together: a server that answers each of them at the last moment is unusable.
                async with asyncio.timeout(timeouts.connect):
                    await session._begin(server)
            except TimeoutError:
                raise ImapConnectionFailed("logging in took too long") from None
            yield session
        finally:
            await wire.aclose()

    @property
    def can_idle(self) -> bool:
        return "IDLE" in self._capabilities

    async def examine(self, name: str) -> Folder:
        """Opens the folder for reading only. Raises ImapFolderMissing, ImapConnectionFailed, ImapProtocolError."""
        done, untagged = await self._command(b"EXAMINE " + _string(encoded(name)))
        if done.kind != "OK":
            raise ImapFolderMissing(redact(done.text.decode("utf-8", "replace")))
        codes = {one.code: one.code_number for one in [*untagged, done]}
        uid_validity = codes.get("UIDVALIDITY")
        if uid_validity is None:
            raise ImapProtocolError("the folder has no UIDVALIDITY, so its messages cannot be identified")
        return Folder(uid_validity, codes.get("UIDNEXT"))

    async def uids_after(self, uid: int, since: date | None = None) -> list[int]:
        """Returns the UIDs above `uid`, ascending; with `since` only of messages that arrived on that day or later."""
        self.has_news = False
        criteria = f"UID {uid + 1}:*"
        if since is not None:
            # No charset is given, because the criteria contain no text.
            criteria += f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        _, untagged = await self._demand(f"UID SEARCH {criteria}".encode("ascii"))
        found = {number for one in untagged if one.kind == "SEARCH" for number in one.numbers}
        # `7:*` includes the last message even if its UID is below 7 (RFC 3501 section 6.4.8).
        return sorted(number for number in found if number > uid)

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Returns the sizes in bytes by UID, as the server reports them: some servers only estimate. Deleted messages
        are left out."""
        rows = await self._fetch(uids, b"(UID RFC822.SIZE)")
        return {uid: as_number(items.get("RFC822.SIZE")) or 0 for uid, items in rows}

    async def fetch(self, uids: Sequence[int], limit: int) -> list[FetchedMessage]:
        """Returns the messages that still exist, each cut to `limit` bytes. Does not mark them as read."""
        rows = await self._fetch(uids, b"(UID BODY.PEEK[]<0.%d>)" % limit)
        # A server may send a FETCH with only the flags of a message in between.
        bodies = [(uid, items["BODY[]"]) for uid, items in rows if "BODY[]" in items]
        bodies += [(uid, None) for uid, items in rows if "BODY[]" not in items and uid not in dict(bodies)]
        return [FetchedMessage(uid, raw if isinstance(raw, bytes) else None) for uid, raw in bodies]

    async def wait(self) -> None:
        """Returns when the server announces something new, or when the IDLE or polling interval is over."""
        if self.can_idle:
            await self._idle()
        else:
            await asyncio.sleep(self._timeouts.poll)
            await self._demand(b"NOOP")

    async def _idle(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timeouts.idle
        tag = await self._send(b"IDLE")
        answer = await self._next(self._timeouts.silence)
        while answer.kind != "+":
            if answer.tag == tag:
                raise ImapProtocolError("the server offers IDLE but refuses it")
            answer = await self._next(self._timeouts.silence)
        # A task of its own, so that a timeout does not cancel it in the middle of a response and lose what was read.
        receiving = asyncio.ensure_future(self._next(self._timeouts.idle + self._timeouts.silence))
        try:
            while not self.has_news and (left := until - loop.time()) > 0:
                await asyncio.wait([receiving], timeout=left)
                if receiving.done():
                    receiving.result()
                    receiving = asyncio.ensure_future(self._next(self._timeouts.idle + self._timeouts.silence))
            await self._wire.send(b"DONE")
            async with asyncio.timeout(self._timeouts.silence):
                while (await receiving).tag != tag:
                    receiving = asyncio.ensure_future(self._next(self._timeouts.silence))
        except TimeoutError:
            raise ImapConnectionFailed("the server does not answer any more") from None
        finally:
            receiving.cancel()
            await asyncio.wait([receiving])
            if not receiving.cancelled():
                receiving.exception()  # mark it as retrieved: it was raised already, or does not matter any more

    async def _begin(self, server: ImapServer) -> None:
        greeting = await self._next(self._timeouts.connect)
        if greeting.kind not in ("OK", "PREAUTH"):
            raise ImapConnectionFailed(redact(greeting.text.decode("utf-8", "replace")))
        if server.security == "starttls":
            if greeting.kind == "PREAUTH":
                raise ImapProtocolError("the server is logged in before TLS")
            await self._demand(b"STARTTLS")
            await self._wire.start_tls(server.tls(), server.host, self._timeouts.connect)
        # Capabilities from before TLS may be forged (RFC 3501 section 6.2.1): ask again.
        await self._ask_capabilities()
        if greeting.kind == "OK":
            await self._log_in(server)
            await self._ask_capabilities()

    async def _ask_capabilities(self) -> None:
        _, untagged = await self._demand(b"CAPABILITY")
        words = b" ".join(one.text for one in untagged if one.kind == "CAPABILITY")
        self._capabilities = frozenset(words.decode("ascii", "replace").upper().split())

    async def _log_in(self, server: ImapServer) -> None:
        if "AUTH=PLAIN" in self._capabilities:
            done = await self._authenticate_plain(server)
        elif "LOGINDISABLED" in self._capabilities:
            raise ImapAuthenticationFailed("the server accepts no password over this connection; try TLS")
        else:
            user, password = _string(server.username.encode()), _string(server.password.encode())
            done, _ = await self._command(b"LOGIN " + user + b" " + password)
        if done.kind == "OK":
            return
        answer = without_credentials(done.text.decode("utf-8", "replace"), server.username, server.password)
        text = redact(answer, server.username)
        if done.code in _TRY_LATER:
            raise ImapConnectionFailed(text)
        raise ImapAuthenticationFailed(text)

    async def _authenticate_plain(self, server: ImapServer) -> ImapResponse:
        """AUTHENTICATE PLAIN (RFC 4616) in two steps, for servers without SASL-IR. LOGIN cannot carry a non-ASCII user
        name."""
        tag = await self._send(b"AUTHENTICATE PLAIN")
        answer = await self._next(self._timeouts.silence)
        if answer.kind == "+":
            secret = b"\x00" + server.username.encode() + b"\x00" + server.password.encode()
            await self._wire.send(base64.b64encode(secret))
            answer = await self._next(self._timeouts.silence)
        while answer.tag != tag:
            answer = await self._next(self._timeouts.silence)
        return answer

    async def _fetch(self, uids: Sequence[int], what: bytes) -> list[tuple[int, dict[str, Value]]]:
        wanted = ",".join(map(str, uids)).encode("ascii")
        _, untagged = await self._demand(b"UID FETCH " + wanted + b" " + what)
        rows = [(as_number(one.items.get("UID")), one.items) for one in untagged if one.kind == "FETCH"]
        return [(uid, items) for uid, items in rows if uid is not None and uid in uids]

    async def _demand(self, command: bytes) -> tuple[ImapResponse, list[ImapResponse]]:
        """Sends a command that a server must execute. Raises ImapProtocolError if it does not."""
        done, untagged = await self._command(command)
        if done.kind != "OK":
            # The command name only: arguments may be private.
            verb = command.split(b" ")[0].decode("ascii")
            raise ImapProtocolError(f"{verb}: {redact(done.text.decode('utf-8', 'replace'))}")
        return done, untagged

    async def _command(self, command: bytes) -> tuple[ImapResponse, list[ImapResponse]]:
        """Sends a command. Returns the response that completes it, and the untagged ones before."""
        tag = await self._send(command)
        untagged: list[ImapResponse] = []
        while (answer := await self._next(self._timeouts.silence)).tag != tag:
            untagged.append(answer)
        return answer, untagged

    async def _send(self, command: bytes) -> str:
        self._tags += 1
        tag = f"C{self._tags}"
        await self._wire.send(tag.encode("ascii") + b" " + command)
        return tag

    async def _next(self, within: float) -> ImapResponse:
        answer = await self._wire.receive(within)
        if answer.kind in ("EXISTS", "RECENT"):
            self.has_news = True
        if answer.kind == "BYE":
            raise ImapConnectionFailed(redact(answer.text.decode("utf-8", "replace")) or ImapFailed.title)
        return answer


def _string(value: bytes) -> bytes:
    """Returns a quoted string (RFC 3501 section 4.3). Raises ImapProtocolError for a character that would end the
    command."""
    if any(byte in value for byte in b"\x00\r\n"):
        raise ImapProtocolError("a user name, a password or a folder's name holds a line break")
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
