"""The SMTP server of the load (`python -m bench.soak.smtp_sink`): prints its port, then a line for each message.

The line is `MESSAGE-ID RECIPIENT TOKEN`: what a lead needs to reply, open and unsubscribe. It speaks real SMTP and
stores nothing, so its memory does not grow.
"""

import asyncio
import re
import signal
from collections import Counter

from bench.servers.smtp_sink import MESSAGE_ID, SinkProtocol

RECIPIENT = re.compile(rb"^To:[^\r]*?([^\s<>,]+@[^\s<>,]+)", re.IGNORECASE | re.MULTILINE)
TOKEN = re.compile(rb"/u/([A-Za-z0-9_-]+)")
FOLDED = re.compile(rb"\r\n[ \t]")


class ReportingSinkProtocol(SinkProtocol):
    def __init__(self) -> None:
        super().__init__(Counter(), [])

    def receive(self, message: bytes) -> None:
        head = FOLDED.sub(b" ", message.partition(b"\r\n\r\n")[0])
        found = (pattern.search(head) for pattern in (MESSAGE_ID, RECIPIENT, TOKEN))
        print(*(one.group(1).decode() if one else "?" for one in found), flush=True)


async def main() -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    server = await loop.create_server(ReportingSinkProtocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopping.wait()


if __name__ == "__main__":
    asyncio.run(main())
