"""An SMTP server that misbehaves by a schedule and records everything.

    python -m bench.chaos.smtp_sink SCHEDULE JOURNAL SEED

A separate process, which prints its port. SCHEDULE is JSON: for each recipient the faults of the first attempts
(fates.Mischief). Every event of a message is appended to JOURNAL before the sender can notice it, so neither a kill nor
a cut connection can lose an arrival. At times derived from the seed it accepts no connections.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.chaos.fates import ServerFault
from cadenza.embedded.ports import LOOPBACK

END = b"\r\n.\r\n"
HEADER = re.compile(rb"^(Message-ID|Subject):[ \t]*(.*?)\r\n(?![ \t])", re.IGNORECASE | re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(rb"<([^>]*)>")
ANSWER_SECONDS = 0.2
"""Delay between the final dot and the 250, as of a server that scans messages. It is the window for crashes."""
STALL_SECONDS = 3.0
OPEN_SECONDS, CLOSED_SECONDS = (4.0, 12.0), (0.3, 1.5)
"""How long connections are accepted, and how long they are refused, in turns."""


@dataclass(frozen=True, slots=True)
class SinkEvent:
    at: float
    """Unix seconds."""
    did: str
    """`taken` or a Mischief. A message that is accepted before the connection is cut has both, in this order."""
    to: str
    message_id: str = ""
    subject: str = ""


def read_journal(text: str) -> list[SinkEvent]:
    """Parses the journal, without an incomplete last line."""
    complete, _, _ = text.rpartition("\n")
    return [SinkEvent(**json.loads(line)) for line in complete.splitlines()]


class SinkJournal:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, did: str, to: str, message_id: str = "", subject: str = "") -> None:
        line = json.dumps(asdict(SinkEvent(time.time(), did, to, message_id, subject)))
        os.write(self._file, f"{line}\n".encode())


class FaultSchedule:
    """Returns the fault for the next attempt at a recipient."""

    def __init__(self, schedule: Mapping[str, Sequence[str]]) -> None:
        self._schedule = schedule
        self._attempts: Counter[str] = Counter()

    def next(self, to: str) -> ServerFault:
        planned = self._schedule.get(to, ())
        if planned and planned[-1] == ServerFault.RCPT_550:
            return ServerFault.RCPT_550
        attempt = self._attempts[to]
        self._attempts[to] += 1
        return ServerFault(planned[attempt]) if attempt < len(planned) else ServerFault.NONE


class SinkSession(asyncio.Protocol):
    def __init__(self, journal: SinkJournal, faults: FaultSchedule, sessions: set["SinkSession"]) -> None:
        self._journal, self._faults, self._sessions = journal, faults, sessions
        self._buffer = b""
        self._to = ""
        self._fault = ServerFault.NONE
        self._in_data = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sessions.add(self)
        self._say("220 sink ESMTP")

    def connection_lost(self, exc: Exception | None) -> None:
        self._sessions.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._in_data and self._fault is ServerFault.DROP_MID_DATA and _headers(self._buffer)[0]:
            self._note(self._fault, self._buffer)
            self.abort()
            return
        while self._take():
            pass

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_idle(self) -> bool:
        return not self._to

    def _take(self) -> bool:
        """Takes one command or a whole message from the buffer. Returns False if it is incomplete."""
        taken, found, rest = self._buffer.partition(END if self._in_data else b"\r\n")
        if not found:
            return False
        self._buffer = rest
        if self._in_data:
            self._in_data = False
            self._final_dot(taken)
        else:
            self._command(taken)
        return True

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb in (b"EHLO", b"HELO"):
            self._say("250 sink")
        elif verb == b"RCPT":
            self._recipient(line)
        elif verb == b"DATA":
            self._in_data = True
            self._say("354 go on")
        elif verb == b"QUIT":
            self._say("221 bye")
        else:
            if verb == b"RSET":
                self._to = ""
            self._say("250 ok")

    def _recipient(self, line: bytes) -> None:
        found = ADDRESS.search(line)
        self._to = found[1].decode() if found else ""
        self._fault = self._faults.next(self._to)
        if self._fault in (ServerFault.RCPT_451, ServerFault.RCPT_550):
            self._journal.write(self._fault, self._to)
            temporary = self._fault is ServerFault.RCPT_451
            self._say("451 4.3.0 not now" if temporary else "550 5.1.1 no such mailbox")
            return
        self._say("250 ok")

    def _final_dot(self, message: bytes) -> None:
        fault = self._fault
        if fault in (ServerFault.NONE, ServerFault.STALL, ServerFault.CUT_TAKEN):
            self._note("taken", message)
        if fault is not ServerFault.NONE:
            self._note(fault, message)
        if fault in (ServerFault.CUT_TAKEN, ServerFault.CUT_UNTAKEN):
            self.abort()
            return
        answers = {ServerFault.DOT_451: "451 4.3.0 try again", ServerFault.DOT_554: "554 5.7.1 not from you"}
        seconds = STALL_SECONDS if fault is ServerFault.STALL else ANSWER_SECONDS
        asyncio.get_running_loop().call_later(seconds, self._answer, answers.get(fault, "250 2.0.0 taken"))

    def _answer(self, line: str) -> None:
        self._to = ""
        self._say(line)

    def _note(self, did: str, message: bytes) -> None:
        self._journal.write(did, self._to, *_headers(message))

    def _say(self, line: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(line.encode() + b"\r\n")


def _headers(message: bytes) -> tuple[str, str]:
    """Returns Message-ID and Subject."""
    found = {name.lower(): b" ".join(value.split()).decode() for name, value in HEADER.findall(message)}
    return found.get(b"message-id", ""), found.get(b"subject", "")


async def main(schedule: Path, journal: Path, seed: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    sessions: set[SinkSession] = set()
    faults = FaultSchedule(json.loads(await asyncio.to_thread(schedule.read_text)))
    sink_journal = SinkJournal(journal)
    rng = random.Random(f"{seed} doors")

    async def opened(port: int) -> asyncio.Server:
        return await loop.create_server(lambda: SinkSession(sink_journal, faults, sessions), LOOPBACK, port)

    server = await opened(0)
    port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    while not await _stopped_within(stopping, rng.uniform(*OPEN_SECONDS)):
        server.close()
        for one in [one for one in sessions if one.is_idle]:
            one.abort()
        await _stopped_within(stopping, rng.uniform(*CLOSED_SECONDS))
        server = await opened(port)
    server.close()


async def _stopped_within(stopping: asyncio.Event, within_seconds: float) -> bool:
    try:
        await asyncio.wait_for(stopping.wait(), within_seconds)
    except TimeoutError:
        return False
    return True


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
