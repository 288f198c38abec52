"""The workflow that watches one inbox. An activity holds the connection, for an hour at a time.

No mail and no setting of the mailbox enters this workflow: Postgres stores both.
"""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityCancellationType, ActivityHandle

from domain.engine.contracts import MailboxInput, WatchEnded
from workflows.contracts import WATCH, ActivityNames


@workflow.defn(name="Mailbox")
class MailboxWorkflow:
    @workflow.init
    def __init__(self, mailbox: MailboxInput) -> None:
        self._mailbox = mailbox
        self._settings_changed = False

    @workflow.run
    async def run(self, mailbox: MailboxInput) -> str:
        """Returns `unwatched` when the mailbox is deleted or no longer has an inbox to watch."""
        while True:
            self._settings_changed = False
            ended = await self._watch()
            if ended is WatchEnded.UNWATCHED and not self._settings_changed:
                return ended.value
            # After a signal, the watch is started again, in this run or the next.
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._mailbox)

    @workflow.signal
    def settings_changed(self) -> None:
        """Reconnects at once with the mailbox's present settings."""
        self._settings_changed = True

    async def _watch(self) -> WatchEnded:
        watching = workflow.start_activity(
            ActivityNames.MAILBOX_WATCH,
            self._mailbox,
            result_type=WatchEnded,
            start_to_close_timeout=WATCH.start_to_close,
            heartbeat_timeout=WATCH.heartbeat,
            retry_policy=WATCH.retry,
            # The next watcher does not wait until this one has ended: two at once are safe.
            cancellation_type=ActivityCancellationType.TRY_CANCEL,
            summary="watch the inbox",
        )
        await workflow.wait_condition(lambda: self._settings_changed or watching.done())
        if watching.done():
            return await watching
        return await self._let_go(watching)

    async def _let_go(self, watching: ActivityHandle[WatchEnded]) -> WatchEnded:
        watching.cancel()
        try:
            return await watching
        except (asyncio.CancelledError, ActivityError):
            return WatchEnded.CHANGED
