"""Around every activity: what its log lines are about."""

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from services import log_context


class LogContext(Interceptor):
    """Says whose enrollment or mailbox it is, from the argument that names it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activity(next)


class _Activity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        # Not taken back at the end: the task ends with it, and the SDK may have a word to say before that.
        log_context.begin(workflow_id=activity.info().workflow_id or "")
        for name in ("tenant_id", "enrollment_id", "mailbox_id"):
            for argument in input.args:
                if (value := getattr(argument, name, None)) is not None:
                    log_context.add(**{name: value})
        return await self.next.execute_activity(input)
