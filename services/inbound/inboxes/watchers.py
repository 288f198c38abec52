"""That every inbox has its watcher: told when settings change, and looked after when nobody was told."""

import logging
from datetime import timedelta
from uuid import UUID

from db.queries.inbound.inboxes import unwatched_mailboxes
from db.session import Database
from workflows.gateway import Gateway, unreachable

log = logging.getLogger(__name__)

# A watcher is heard of every few minutes, also while it fails (`ImapTimeouts.idle`, `Pauses.refused`).
SILENT = timedelta(minutes=10)


class InboxWatches:
    def __init__(self, database: Database, gateway: Gateway) -> None:
        self._database = database
        self._gateway = gateway

    async def settings_changed(self, tenant_id: UUID, mailbox_id: UUID) -> None:
        """Has the mailbox watched by its present settings at once, or no more. Call it after the commit.

        A best effort: while Temporal is away the next pass, or the watcher itself, sees to it.
        """
        await self._watch(tenant_id, mailbox_id, settings_changed=True)

    async def start_missing(self) -> int:
        """One pass over all tenants: starts a watcher for each mailbox that seems to have none. How many."""
        missing = await unwatched_mailboxes(self._database, SILENT)
        return sum([await self._watch(tenant_id, mailbox_id) for tenant_id, mailbox_id in missing])

    async def _watch(self, tenant_id: UUID, mailbox_id: UUID, *, settings_changed: bool = False) -> bool:
        try:
            await self._gateway.watch_mailbox(tenant_id, mailbox_id, settings_changed=settings_changed)
        except Exception as error:
            # Everything is safe in Postgres: the next pass comes within a minute.
            if not unreachable(error):
                log.exception("the watcher of a mailbox of tenant %s could not be told", tenant_id)
            return False
        return True
