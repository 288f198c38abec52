"""Makes sure that every inbox has its watcher: started when settings change, and checked every minute."""

import logging
from datetime import timedelta
from uuid import UUID

from db.calls.access import UnwatchedMailboxes
from db.session import Database
from workflows.gateway import Gateway, unreachable

log = logging.getLogger(__name__)

# A live watcher reports every few minutes, also while it fails (`ImapTimeouts.idle`, `Pauses.refused`).
SILENT = timedelta(minutes=10)


class InboxWatches:
    def __init__(self, database: Database, gateway: Gateway) -> None:
        self._database = database
        self._gateway = gateway

    async def settings_changed(self, tenant_id: UUID, mailbox_id: UUID) -> None:
        """Has the mailbox watched with its present settings, or no longer. Call it after the commit.

        Best effort: while Temporal is down, the next pass or the watcher itself does it.
        """
        await self._watch(tenant_id, mailbox_id, settings_changed=True)

    async def start_missing(self) -> int:
        """One pass over all tenants. Starts a watcher for each mailbox that seems to have none, and returns their
        number."""
        missing = await UnwatchedMailboxes(silent=SILENT).all_rows(self._database)
        return sum([await self._watch(row.tenant_id, row.mailbox_id) for row in missing])

    async def _watch(self, tenant_id: UUID, mailbox_id: UUID, *, settings_changed: bool = False) -> bool:
        try:
            await self._gateway.watch_mailbox(tenant_id, mailbox_id, settings_changed=settings_changed)
        except Exception as error:
            # The settings are safe in Postgres, and the next pass comes within a minute.
            if not unreachable(error):
                log.exception("the watcher of a mailbox of tenant %s could not be told", tenant_id)
            return False
        return True
