"""A workflow that uses a random number, which a replay would not reproduce."""

import random

from temporalio import workflow
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError


@workflow.defn(name="Forbidden")
class ForbiddenWorkflow:
    @workflow.run
    async def run(self) -> str:
        try:
            return str(random.random())
        except RestrictedWorkflowAccessError:
            return "refused"
