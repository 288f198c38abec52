"""The scheduled workflows: process the queue, refresh analytics, maintain the log."""

from temporalio import workflow

from domain.engine.contracts import LogMaintained, QueueCounts
from workflows.contracts import MAINTENANCE, QUEUE, ActivityNames


@workflow.defn(name="ProcessQueue")
class ProcessQueueWorkflow:
    @workflow.run
    async def run(self) -> QueueCounts:
        """Dispatches every tenant's outbox and repairs differences between Temporal and the database."""
        return await workflow.execute_activity(
            ActivityNames.QUEUE_PROCESS,
            result_type=QueueCounts,
            start_to_close_timeout=QUEUE.start_to_close,
            heartbeat_timeout=QUEUE.heartbeat,
            retry_policy=QUEUE.retry,
            summary="dispatch what waits, repair what drifted",
        )


@workflow.defn(name="RefreshAnalytics")
class RefreshAnalyticsWorkflow:
    @workflow.run
    async def run(self) -> int:
        """Counts every sequence again, then decides the winners that are clear from the counts. Returns how many."""
        await workflow.execute_activity(
            ActivityNames.ANALYTICS_REFRESH,
            result_type=bool,
            start_to_close_timeout=MAINTENANCE.start_to_close,
            retry_policy=MAINTENANCE.retry,
            summary="count every sequence",
        )
        return await workflow.execute_activity(
            ActivityNames.WINNERS_DECIDE,
            result_type=int,
            start_to_close_timeout=MAINTENANCE.start_to_close,
            retry_policy=MAINTENANCE.retry,
            summary="choose the variants that have won",
        )


@workflow.defn(name="MaintainLog")
class MaintainLogWorkflow:
    @workflow.run
    async def run(self) -> LogMaintained:
        """Creates the execution log's partitions for coming months and drops those past the retention time."""
        return await workflow.execute_activity(
            ActivityNames.LOG_MAINTAIN,
            result_type=LogMaintained,
            start_to_close_timeout=MAINTENANCE.start_to_close,
            retry_policy=MAINTENANCE.retry,
            summary="make months ahead, drop old ones",
        )
