"""Who watches an inbox is told of its new settings once they are committed and answered."""

from typing import Annotated
from uuid import UUID

from fastapi import BackgroundTasks, Depends

from api.deps import Wired, Writer
from services.inbound.inboxes.watchers import InboxWatches


class WatcherTold:
    """Called with a mailbox whose inbox has other settings. A best effort: see InboxWatches."""

    def __init__(self, wired: Wired, writer: Writer, background: BackgroundTasks) -> None:
        self._watches = InboxWatches(wired.database, wired.gateway)
        self._tenant_id = writer.tenant_id
        self._background = background

    def __call__(self, mailbox_id: UUID) -> None:
        self._background.add_task(self._watches.settings_changed, self._tenant_id, mailbox_id)


TellsWatcher = Annotated[WatcherTold, Depends()]
