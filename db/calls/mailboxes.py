"""mailboxes.sql"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class LoadMailbox(SqlCall[dict[str, Any] | None], function="load_mailbox"):
    """A mailbox with everything that sending from it needs; None when it does not exist."""

    tenant_id: UUID
    mailbox_id: UUID


@dataclass(frozen=True, kw_only=True)
class ClearMailboxFailures(SqlCall[None], function="clear_mailbox_failures"):
    """Records that the mailbox's server accepted a message: earlier consecutive failures no longer count."""

    tenant_id: UUID
    mailbox_id: UUID
