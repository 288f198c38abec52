"""mailboxes.sql"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class LoadMailbox(SqlCall[dict[str, Any] | None], function="load_mailbox"):
    """A mailbox with everything that a message of it needs; None when there is none."""

    tenant_id: UUID
    mailbox_id: UUID


@dataclass(frozen=True, kw_only=True)
class ClearMailboxFailures(SqlCall[None], function="clear_mailbox_failures"):
    """The mailbox's server accepted a message: earlier failures in a row count no more."""

    tenant_id: UUID
    mailbox_id: UUID
