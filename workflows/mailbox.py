"""Watches one inbox for as long as it is to be watched: an activity holds the connection, an hour each time.

Nothing of the mail, and no setting of the mailbox, comes here: Postgres holds both.
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
        """Returns `unwatched` when the mailbox is gone, or has no inbox to watch any more."""
        while True:
            self._settings_changed = False
            ended = await self._watch()
            if ended is WatchEnded.UNWATCHED and not self._settings_changed:
                return ended.value
            # A signal that came meanwhile is answered by starting to watch again, in this run or the next.
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._mailbox)

    @workflow.signal
    def settings_changed(self) -> None:
        """Connect at once by the mailbox's present settings."""
        self._settings_changed = True

    async def _watch(self) -> WatchEnded:
        watching = workflow.start_activity(
            ActivityNames.MAILBOX_WATCH,
            self._mailbox,
            result_type=WatchEnded,
            start_to_close_timeout=WATCH.start_to_close,
            heartbeat_timeout=WATCH.heartbeat,
            retry_policy=WATCH.retry,
            # The next watcher does not wait for this one to have gone: two do no harm.
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
