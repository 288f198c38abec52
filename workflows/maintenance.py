"""What runs on a schedule: the pass over the queue, each minute."""

from temporalio import workflow

from domain.messages import QueueCounts
from workflows.contracts import QUEUE, ActivityNames


@workflow.defn(name="ProcessQueue")
class ProcessQueueWorkflow:
    @workflow.run
    async def run(self) -> QueueCounts:
        """Dispatches what waits in every tenant's outbox and repairs drift."""
        return await workflow.execute_activity(
            ActivityNames.QUEUE_PROCESS,
            result_type=QueueCounts,
            start_to_close_timeout=QUEUE.start_to_close,
            retry_policy=QUEUE.retry,
            summary="dispatch what waits, repair what drifted",
        )
