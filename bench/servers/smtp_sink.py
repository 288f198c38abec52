"""A minimal SMTP server on loopback for benchmarks. Accepts every message and counts them by Message-ID.

As a process (`python -m bench.servers.smtp_sink`) it prints its port, and at SIGTERM one JSON line with the counts. It
speaks real SMTP over a real socket, but without a framework, whose cost would be measured with the app.

If given a file name, it writes the time of arrival (Unix seconds) of each Message-ID to that file at SIGTERM.
"""

import asyncio
import json
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


class SinkProtocol(asyncio.Protocol):
    def __init__(self, received: Counter[str], arrivals: list[tuple[float, str]]) -> None:
        self._received = received
        self._arrivals = arrivals
        self._buffer = b""
        self._in_data = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say("220 sink ESMTP")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._take():
            pass

    def _take(self) -> bool:
        """Takes one command or a whole message from the buffer. Returns False if it is incomplete."""
        end = END if self._in_data else b"\r\n"
        taken, found, rest = self._buffer.partition(end)
        if not found:
            return False
        self._buffer = rest
        if self._in_data:
            self._in_data = False
            self.receive(taken)
            self._say("250 2.0.0 taken")
        else:
            self._command(taken.upper())
        return True

    def receive(self, message: bytes) -> None:
        found = MESSAGE_ID.search(message)
        message_id = found.group(1).decode() if found else "?"
        self._received[message_id] += 1
        self._arrivals.append((time.time(), message_id))

    def _command(self, line: bytes) -> None:
        if line.startswith(b"DATA"):
            self._in_data = True
            self._say("354 go on")
        elif line.startswith(b"EHLO"):
            self._say("250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8")
        elif line.startswith(b"QUIT"):
            self._say("221 bye")
            assert self._transport is not None
            self._transport.close()
        else:
            self._say("250 OK")

    def _say(self, line: str) -> None:
        assert self._transport is not None
        self._transport.write(line.encode() + b"\r\n")


async def main(arrivals_file: Path | None) -> None:
    received: Counter[str] = Counter()
    arrivals: list[tuple[float, str]] = []
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    server = await loop.create_server(lambda: SinkProtocol(received, arrivals), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopping.wait()
    if arrivals_file is not None:
        await asyncio.to_thread(arrivals_file.write_text, "".join(f"{at} {one}\n" for at, one in arrivals))
    doubled = sum(1 for times in received.values() if times > 1)
    print(json.dumps({"messages": received.total(), "duplicates": doubled}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
