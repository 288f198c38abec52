"""One connection to an IMAP server, logged in, and what is asked of it to watch a folder."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from mail.credentials import without_credentials
from mail.delivery import redact
from mail.imap.errors import (
    ImapAuthenticationFailed,
    ImapConnectionFailed,
    ImapFailed,
    ImapFolderMissing,
    ImapProtocolError,
)
from mail.imap.folders import encoded
from mail.imap.responses import Response, Value, as_number
from mail.imap.server import ImapServer, ImapTimeouts, connect
from mail.imap.wire import ImapWire

# To one command: messages are read in portions of at most `limit` bytes each, and the words around them are few.
MAX_ANSWER = 64 * 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RFC 5530: the server, not the password, is what is wrong.
_TRY_LATER = ("UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "CONTACTADMIN")


@dataclass(frozen=True, slots=True)
class Folder:
    """As it is when it is opened (RFC 3501 section 2.3.1.1)."""

    uid_validity: int
    """Another one than before: UIDs do not mean what they meant."""
    uid_next: int | None
    """The next message's UID at the least; some old servers do not tell."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message, or its beginning. `raw` is None when the server has it and does not give it."""

    uid: int
    raw: bytes | None


class ImapSession:
    """For one folder and one task at a time. Any error leaves it unusable."""

    def __init__(self, wire: ImapWire, timeouts: ImapTimeouts) -> None:
        self._wire = wire
        self._timeouts = timeouts
        self._tags = 0
        self._capabilities: frozenset[str] = frozenset()
        self.has_news = False
        """Whether the server has told of a message since `uids_after` last asked."""

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
            raise ImapConnectionFailed("no connection in time") from None
        wire = ImapWire(reader, writer, silence=timeouts.silence, max_bytes=MAX_ANSWER)
        session = cls(wire, timeouts)
        try:
            try:
                # One limit for all of it: a server that answers each step at the last moment is down all the same.
                async with asyncio.timeout(timeouts.connect):
                    await session._begin(server)
            except TimeoutError:
                raise ImapConnectionFailed("no login in time") from None
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
            raise ImapProtocolError("the folder has no UIDVALIDITY: its messages cannot be told apart")
        return Folder(uid_validity, codes.get("UIDNEXT"))

    async def uids_after(self, uid: int, since: date | None = None) -> list[int]:
        """Of the messages after that one, ascending; with `since` those that arrived on that day or later."""
        self.has_news = False
        criteria = f"UID {uid + 1}:*"
        if since is not None:
            # Without a charset: there is no text in it.
            criteria += f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        _, untagged = await self._demand(f"UID SEARCH {criteria}".encode("ascii"))
        found = {number for one in untagged if one.kind == "SEARCH" for number in one.numbers}
        # `7:*` names the last message too when its UID is below 7 (RFC 3501 section 6.4.8).
        return sorted(number for number in found if number > uid)

    async def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """In bytes, as the server has it: some only guess. Messages that are gone are left out."""
        rows = await self._fetch(uids, b"(UID RFC822.SIZE)")
        return {uid: as_number(items.get("RFC822.SIZE")) or 0 for uid, items in rows}

    async def fetch(self, uids: Sequence[int], limit: int) -> list[Fetched]:
        """The messages that are still there, each up to so many bytes. Leaves them unread, as they are."""
        rows = await self._fetch(uids, b"(UID BODY.PEEK[]<0.%d>)" % limit)
        # A server may speak of a message's flags in between, without its body.
        bodies = [(uid, items["BODY[]"]) for uid, items in rows if "BODY[]" in items]
        bodies += [(uid, None) for uid, items in rows if "BODY[]" not in items and uid not in dict(bodies)]
        return [Fetched(uid, raw if isinstance(raw, bytes) else None) for uid, raw in bodies]

    async def wait(self) -> None:
        """Returns when the server tells of something new, or after a while: then it is worth looking again."""
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
                raise ImapProtocolError("the server refuses the IDLE that it offers")
            answer = await self._next(self._timeouts.silence)
        # Never cancelled in the middle of a response: what was read of it would be lost.
        hearing = asyncio.ensure_future(self._next(self._timeouts.idle + self._timeouts.silence))
        try:
            while not self.has_news and (left := until - loop.time()) > 0:
                await asyncio.wait([hearing], timeout=left)
                if hearing.done():
                    hearing.result()
                    hearing = asyncio.ensure_future(self._next(self._timeouts.idle + self._timeouts.silence))
            await self._wire.send(b"DONE")
            async with asyncio.timeout(self._timeouts.silence):
                while (await hearing).tag != tag:
                    hearing = asyncio.ensure_future(self._next(self._timeouts.silence))
        except TimeoutError:
            raise ImapConnectionFailed("the server has gone silent") from None
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])
            if not hearing.cancelled():
                hearing.exception()  # known already, or of no more interest

    async def _begin(self, server: ImapServer) -> None:
        greeting = await self._next(self._timeouts.connect)
        if greeting.kind not in ("OK", "PREAUTH"):
            raise ImapConnectionFailed(redact(greeting.text.decode("utf-8", "replace")))
        if server.security == "starttls":
            if greeting.kind == "PREAUTH":
                raise ImapProtocolError("the server logs in before TLS")
            await self._demand(b"STARTTLS")
            await self._wire.start_tls(server.tls(), server.host, self._timeouts.connect)
        # What was offered before TLS may have been written by anybody (RFC 3501 section 6.2.1).
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
            raise ImapAuthenticationFailed("the server takes no password over this connection; try TLS")
        else:
            user, password = _string(server.username.encode()), _string(server.password.encode())
            done, _ = await self._command(b"LOGIN " + user + b" " + password)
        if done.kind == "OK":
            return
        said = without_credentials(done.text.decode("utf-8", "replace"), server.username, server.password)
        text = redact(said, server.username)
        if done.code in _TRY_LATER:
            raise ImapConnectionFailed(text)
        raise ImapAuthenticationFailed(text)

    async def _authenticate_plain(self, server: ImapServer) -> Response:
        """RFC 4616, in two steps, for servers without SASL-IR. The only way for a user name beyond ASCII."""
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

    async def _demand(self, command: bytes) -> tuple[Response, list[Response]]:
        """A command that a server must carry out. Raises ImapProtocolError when it does not."""
        done, untagged = await self._command(command)
        if done.kind != "OK":
            # The verb alone: arguments may be private.
            verb = command.split(b" ")[0].decode("ascii")
            raise ImapProtocolError(f"{verb}: {redact(done.text.decode('utf-8', 'replace'))}")
        return done, untagged

    async def _command(self, command: bytes) -> tuple[Response, list[Response]]:
        """The response that ends the command, and those before it."""
        tag = await self._send(command)
        untagged: list[Response] = []
        while (answer := await self._next(self._timeouts.silence)).tag != tag:
            untagged.append(answer)
        return answer, untagged

    async def _send(self, command: bytes) -> str:
        self._tags += 1
        tag = f"C{self._tags}"
        await self._wire.send(tag.encode("ascii") + b" " + command)
        return tag

    async def _next(self, within: float) -> Response:
        answer = await self._wire.receive(within)
        if answer.kind in ("EXISTS", "RECENT"):
            self.has_news = True
        if answer.kind == "BYE":
            raise ImapConnectionFailed(redact(answer.text.decode("utf-8", "replace")) or ImapFailed.title)
        return answer


def _string(value: bytes) -> bytes:
    """A quoted string (RFC 3501 section 4.3). Raises ImapProtocolError for what would end the command."""
    if any(byte in value for byte in b"\x00\r\n"):
        raise ImapProtocolError("a user name, a password or a folder's name holds a line break")
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
