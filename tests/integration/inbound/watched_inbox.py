"""A tenant whose only mailbox has an inbox on a real IMAP server, and a watcher that runs without Temporal."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from db.session import Database
from domain.engine.contracts import WatchEnded
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from services.enrollments.enrolling import enroll
from services.inbound.inboxes.watcher import InboxWatcher, Pauses
from services.mailboxes.transports import MailServers
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence
from tests.imap_server import PASSWORD, QUICK, TestImap
from tests.integration.api.conftest import SECRETS

SETTLE_SECONDS = 20
EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello", "body_text": "Hi"}}
SHORT_PAUSES = Pauses(first=0.05, longest=0.2, refused=0.3, look=0.3)


def letter(sender: str, subject: str = "Re: Hello", message_id: str | None = None) -> bytes:
    message_id = message_id or f"<{uuid4()}@them.example>"
    return f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n\r\nYes, please\r\n".encode()


@dataclass
class WatchedInbox:
    """A tenant whose only mailbox has an inbox on the server. `received` has an entry for each message that was
    read."""

    database: Database
    imap: TestImap
    tenant_id: UUID
    user: str
    received: list[UUID] = field(default_factory=list[UUID])

    @property
    def watcher(self) -> InboxWatcher:
        servers = MailServers(SECRETS, allow_private=True)
        return InboxWatcher(self.database, servers, self.received.append, timeouts=QUICK, pauses=SHORT_PAUSES)

    async def set(self, imap: TestImap | None, *, password: str = PASSWORD, **more: Any) -> None:
        server = {"host": "127.0.0.1", "port": imap.port, "security": "none", "username": self.user} if imap else None
        async with self.database.write(self.tenant_id) as session:
            await session.execute(
                text("UPDATE mailboxes SET imap = CAST(:imap AS jsonb), imap_password = :sealed"),
                {"imap": json.dumps({**server, **more}) if server else None, "sealed": SECRETS.seal(password)},
            )

    async def lead(self) -> str:
        """Creates a lead with an active enrollment; returns the lead's address."""
        return (await self.leads(1))[0]

    async def leads(self, count: int) -> list[str]:
        addresses = [f"lead-{uuid4().hex[:8]}@acme.example" for _ in range(count)]
        insert = text("INSERT INTO leads (tenant_id, email) VALUES (:tenant_id, :email) RETURNING id")
        async with self.database.write(self.tenant_id) as session:
            created = await create_sequence(
                session,
                name="Cold outreach",
                description="",
                settings=SequenceSettings(),
                steps=[StepSpec.model_validate(EMAIL)],
            )
            await change_sequence(session, created.row.id, SequenceChanges(status="active"))
            lead_ids = [
                (await session.execute(insert, {"tenant_id": self.tenant_id, "email": address})).scalar_one()
                for address in addresses
            ]
            await enroll(session, sequence_id=created.row.id, lead_ids=lead_ids)
        return addresses

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.database.read(self.tenant_id) as session:
            return list((await session.execute(text(statement), parameters)).all())

    async def cursor(self, folder: str = "INBOX") -> Any:
        found = await self.rows("SELECT * FROM inbox_cursors WHERE folder = :folder", folder=folder)
        return found[0] if found else None

    async def replies(self) -> int:
        [row] = await self.rows("SELECT count(*) AS n FROM lead_engagement WHERE type = 'reply'")
        return row.n

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, within_seconds: float = SETTLE_SECONDS
    ) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while not await holds():
            assert loop.time() < deadline, f"did not happen: {what}"
            await asyncio.sleep(0.05)

    async def until_replies(self, count: int) -> None:
        async def heard() -> bool:
            return await self.replies() >= count

        await self.until(heard, f"{count} replies")

    async def until_read(self) -> None:
        async def read() -> bool:
            cursor = await self.cursor()
            return cursor is not None and cursor.read_at is not None and cursor.error_code is None

        await self.until(read, "the inbox was read")

    async def until_error(self, code: str, folder: str = "INBOX") -> Any:
        async def failing() -> bool:
            cursor = await self.cursor(folder)
            return cursor is not None and cursor.error_code == code

        await self.until(failing, code)
        return await self.cursor(folder)

    async def mailbox_id(self) -> UUID:
        return (await self.rows("SELECT id FROM mailboxes"))[0].id

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[asyncio.Task[WatchEnded]]:
        task = asyncio.create_task(self.watcher.watch(self.tenant_id, await self.mailbox_id()))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if task.done() and not task.cancelled():
            task.result()
