"""The settings of a mailbox that a watcher needs. The password is still sealed."""

from dataclasses import dataclass, field
from uuid import UUID

from db.queries.inbound import inboxes as queries
from db.queries.inbound.inboxes import FolderKey, InboxSettings
from db.session import Database
from domain.mailboxes.servers import InboxServer


@dataclass(frozen=True, slots=True)
class Inbox:
    tenant_id: UUID
    mailbox_id: UUID
    kept: InboxSettings = field(repr=False)
    server: InboxServer = field(repr=False)

    @property
    def account(self) -> str:
        """What the UIDs belong to. The same mailbox may have been switched to another account."""
        return f"{self.server.host}:{self.server.port} {self.server.username}"

    def key(self, folder: str) -> FolderKey:
        return FolderKey(self.mailbox_id, folder)


async def load_inbox(database: Database, tenant_id: UUID, mailbox_id: UUID) -> Inbox | None:
    """None when the mailbox was deleted, or is not watched."""
    async with database.read(tenant_id) as session:
        kept = await queries.settings_of(session, mailbox_id)
    return None if kept is None else Inbox(tenant_id, mailbox_id, kept, InboxServer.model_validate(kept.imap))
