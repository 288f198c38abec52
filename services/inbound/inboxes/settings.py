"""What a watcher needs to know of a mailbox; the password is still sealed."""

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
        """What UIDs belong to: the same mailbox may have been set to another account."""
        return f"{self.server.host}:{self.server.port} {self.server.username}"

    def key(self, folder: str) -> FolderKey:
        return FolderKey(self.mailbox_id, folder)


async def load_inbox(database: Database, tenant_id: UUID, mailbox_id: UUID) -> Inbox | None:
    """None when the mailbox is gone, or nobody is to watch it."""
    async with database.read(tenant_id) as session:
        kept = await queries.settings_of(session, mailbox_id)
    return None if kept is None else Inbox(tenant_id, mailbox_id, kept, InboxServer.model_validate(kept.imap))
