"""Around every activity: what its log lines are about."""

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from services.observability import log_context

NAMES = ("tenant_id", "enrollment_id", "mailbox_id")


class LogContext(Interceptor):
    """Says whose enrollment or mailbox it is, from the argument that names it."""

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
        # Not taken back at the end: the task ends with it, and the SDK may have a word to say before that.
        log_context.begin(workflow_id=activity.info().workflow_id or "", **ids)
        return await self.next.execute_activity(input)
