"""A workflow that asks the machine for something which a replay would answer anew."""

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
