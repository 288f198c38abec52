"""The activity that watches a mailbox's inbox over one connection."""

import asyncio

from temporalio import activity

from activities.attempts import application_error
from activities.steps import heartbeats
from domain.engine.contracts import MailboxInput, WatchEnded
from services.inbound.inboxes.watcher import InboxWatcher
from workflows.contracts import WATCH_TIME, ActivityNames


class MailboxActivities:
    def __init__(self, watcher: InboxWatcher) -> None:
        self._watcher = watcher

    @activity.defn(name=ActivityNames.MAILBOX_WATCH)
    async def watch(self, mailbox: MailboxInput) -> WatchEnded:
        watching = asyncio.create_task(self._watcher.watch(mailbox.tenant_id, mailbox.mailbox_id))
        # A worker that shuts down hands the inbox over at once. It does not wait for its grace period to end.
        leaving = asyncio.create_task(activity.wait_for_worker_shutdown())
        try:
            with heartbeats():
                await asyncio.wait(
                    [watching, leaving],
                    timeout=WATCH_TIME.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                return watching.result() if watching.done() else WatchEnded.TIME
        except Exception as error:  # noqa: BLE001 (Temporal gets every error by its code, without addresses)
            # Never final: the watch goes on for as long as the mailbox has an inbox.
            raise application_error(error) from None
        finally:
            watching.cancel()
            leaving.cancel()
            await asyncio.gather(watching, leaving, return_exceptions=True)
