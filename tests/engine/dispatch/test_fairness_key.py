"""The steps of an enrollment carry the fairness key with which it was started. Temporal uses it to serve tenants in
turns.

Eager activities are the exception: they come with the response to a workflow task and never wait in a task queue.
"""

from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Worker
from temporalio.worker import Interceptor as WorkerInterceptor

from activities.steps import EnrollmentActivities
from cadenza.runtime.worker import make_performer, sandboxed
from tests.stage import Stage
from workflows.enrollment import EnrollmentWorkflow

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}


class Keys(ClientInterceptor, WorkerInterceptor):
    """Records the fairness keys of the activity tasks that a worker received."""

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Look(next, self.seen)


class _Look(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, seen: list[str | None]) -> None:
        super().__init__(next)
        self._seen = seen

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._seen.append(activity.info().priority.fairness_key)
        return await super().execute_activity(input)


async def test_a_step_is_served_under_its_tenants_fairness_key(stage: Stage) -> None:
    await stage.stop_worker()
    keys = Keys()
    client = Client(**{**stage.client.config(), "interceptors": [keys]})
    worker = Worker(
        client,
        task_queue=stage.task_queue,
        workflows=[EnrollmentWorkflow],
        activities=[EnrollmentActivities(stage.database, make_performer(stage.parts)).perform],
        workflow_runner=sandboxed(),
        # An eager activity came with the response to a workflow task and was never in a queue.
        disable_eager_activity_execution=True,
    )
    async with worker:
        sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
        (enrollment,) = await stage.enroll(sequence, lead)
        await stage.until_status(enrollment, "completed", within_seconds=60)
    assert keys.seen == [str(stage.tenant_id)]
