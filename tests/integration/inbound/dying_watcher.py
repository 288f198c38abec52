"""A process that watches an inbox and kills itself while it processes the n-th message, before the commit."""

import asyncio
import os
import signal
import sys
from typing import Any
from uuid import UUID

from db.session import Database
from services.inbound.inboxes import folder as reading
from services.inbound.inboxes.watcher import InboxWatcher
from services.mailboxes.transports import MailServers
from services.secret_box import SecretBox

number, tenant_id, mailbox_id, password = int(sys.argv[1]), UUID(sys.argv[2]), UUID(sys.argv[3]), sys.argv[4]
real, count = reading.receive_mail, 0


class _Box(SecretBox):
    """Returns the test's password instead of decrypting."""

    def open(self, token: str) -> str:
        return password


async def _receive_and_die(session: Any, raw: bytes) -> Any:
    global count
    received = await real(session, raw)
    await session.flush()
    count += 1
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return received


async def main() -> None:
    reading.receive_mail = _receive_and_die
    watcher = InboxWatcher(Database(os.environ["DATABASE"]), MailServers(_Box(), allow_private=True), lambda _: None)
    await watcher.watch(tenant_id, mailbox_id)


if __name__ == "__main__":
    asyncio.run(main())
