"""Tells the watcher of an inbox about new settings, after they are committed and the request is answered."""

from typing import Annotated
from uuid import UUID

from fastapi import BackgroundTasks, Depends

from api.deps import Context, Writer
from services.inbound.inboxes.watchers import InboxWatches


class InboxWatcherNotifier:
    """Call it with the ID of a mailbox whose inbox settings changed. Delivery is best effort: see InboxWatches."""

    def __init__(self, context: Context, writer: Writer, background: BackgroundTasks) -> None:
        self._watches = InboxWatches(context.database, context.gateway)
        self._tenant_id = writer.tenant_id
        self._background = background

    def __call__(self, mailbox_id: UUID) -> None:
        self._background.add_task(self._watches.settings_changed, self._tenant_id, mailbox_id)


NotifyWatcher = Annotated[InboxWatcherNotifier, Depends()]
