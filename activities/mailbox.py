"""The activity that holds an inbox's connection."""

import asyncio

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.steps import heartbeats
from domain.engine.contracts import MailboxInput, WatchEnded
from mail.delivery import redact
from services.inbound.inboxes.watcher import InboxWatcher
from workflows.contracts import WATCH_TIME, ActivityNames

MAX_ERROR = 300


class MailboxActivities:
    def __init__(self, watcher: InboxWatcher) -> None:
        self._watcher = watcher

    @activity.defn(name=ActivityNames.MAILBOX_WATCH)
    async def watch(self, mailbox: MailboxInput) -> WatchEnded:
        watching = asyncio.create_task(self._watcher.watch(mailbox.tenant_id, mailbox.mailbox_id))
        # A worker that goes gives the inbox away at once, and not only when its time to finish is up.
        leaving = asyncio.create_task(activity.wait_for_worker_shutdown())
        try:
            with heartbeats():
                await asyncio.wait(
                    [watching, leaving],
                    timeout=WATCH_TIME.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                return watching.result() if watching.done() else WatchEnded.TIME
        except Exception as error:  # noqa: BLE001 (every error is told to Temporal, by type and without a name)
            raise ApplicationError(redact(str(error))[:MAX_ERROR], type=type(error).__name__) from None
        finally:
            watching.cancel()
            leaving.cancel()
            await asyncio.gather(watching, leaving, return_exceptions=True)
