"""A faulty release: it starts one more timer, without a patch for the leads that began before."""

from datetime import timedelta

from temporalio import workflow

from domain.engine.contracts import EnrollmentInput

with workflow.unsafe.imports_passed_through():
    from workflows.enrollment import EnrollmentWorkflow


@workflow.defn(name="Enrollment")
class BrokenEnrollmentWorkflow(EnrollmentWorkflow):
    @workflow.init
    def __init__(self, enrollment: EnrollmentInput) -> None:
        super().__init__(enrollment)

    @workflow.run
    async def run(self, enrollment: EnrollmentInput) -> str:
        return await super().run(enrollment)

    async def _wait_until_due(self) -> None:
        await workflow.sleep(timedelta(milliseconds=100), summary="rest")
        await super()._wait_until_due()
