"""The next release of the enrollment's workflow, changed as it should be: each change behind a patch of its own."""

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
        # No lead that still lives has passed here: each will take the new branch.
        if workflow.patched(FAREWELL):
            await workflow.sleep(timedelta(milliseconds=100), summary="farewell")
        return outcome

    async def _wait_until_due(self) -> None:
        # Whoever is asleep has passed here without resting: it keeps to the old branch until its end.
        if workflow.patched(REST):
            await workflow.sleep(timedelta(milliseconds=100), summary="rest")
        await super()._wait_until_due()
