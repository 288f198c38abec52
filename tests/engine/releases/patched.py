"""The next release of the enrollment's workflow, changed correctly: each change has its own patch."""

from datetime import timedelta

from temporalio import workflow

from domain.engine.contracts import EnrollmentInput

with workflow.unsafe.imports_passed_through():
    from workflows.enrollment import EnrollmentWorkflow

REST = "rest-before-waiting"
FAREWELL = "farewell"


@workflow.defn(name="Enrollment")
class PatchedEnrollmentWorkflow(EnrollmentWorkflow):
    @workflow.init
    def __init__(self, enrollment: EnrollmentInput) -> None:
        super().__init__(enrollment)

    @workflow.run
    async def run(self, enrollment: EnrollmentInput) -> str:
        outcome = await super().run(enrollment)
        # No live lead has passed this point, so every lead takes the new branch.
        if workflow.patched(FAREWELL):
            await workflow.sleep(timedelta(milliseconds=100), summary="farewell")
        return outcome

    async def _wait_until_due(self) -> None:
        # A sleeping lead has passed this point without the rest, so it keeps the old branch until it ends.
        if workflow.patched(REST):
            await workflow.sleep(timedelta(milliseconds=100), summary="rest")
        await super()._wait_until_due()
