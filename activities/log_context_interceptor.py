"""A worker interceptor that puts the IDs of each activity into its log lines."""

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from services.observability import log_context

NAMES = ("tenant_id", "enrollment_id", "mailbox_id")


class LogContextInterceptor(Interceptor):
    """Takes the tenant, enrollment and mailbox from the activity's arguments."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activity(next)


class _Activity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        ids = {
            name: str(value)
            for argument in input.args
            for name in NAMES
            if (value := getattr(argument, name, None)) is not None
        }
        # Not reset afterwards: the context ends with the task, and the SDK may still log before that.
        log_context.begin(workflow_id=activity.info().workflow_id or "", **ids)
        return await self.next.execute_activity(input)
