"""The workflow of one enrollment: waits until a step is due, has it performed, and follows the next directive.

Postgres decides and stores; this workflow is its durable timer. Every directive carries the enrollment's revision. The
directive with the higher revision wins, so signals may come late, twice or out of order.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from domain.engine.contracts import Directive, EnrollmentInput, PerformInput, RecordInput
from domain.enrollments.status import EnrollmentStatus, StopReason
from workflows.contracts import RECORD, STEP, ActivityNames


# A lead sleeps for weeks and wakes up under the code of that day. docs/code-versions.md says how to change this code.
@workflow.defn(name="Enrollment")
class EnrollmentWorkflow:
    @workflow.init
    def __init__(self, enrollment: EnrollmentInput) -> None:
        self._enrollment = enrollment
        self._directive = enrollment.first

    @workflow.run
    async def run(self, enrollment: EnrollmentInput) -> str:
        """Returns how the enrollment ended, such as `completed` or `stopped: replied`."""
        try:
            while not self._directive.ends:
                await self._wait_until_due()
                if not self._directive.ends:
                    await self._perform()
                self._start_afresh_when_long()
        except (asyncio.CancelledError, ActivityError) as error:
            if not is_cancelled_exception(error):
                raise
            # Cancelled in Temporal's web UI: that is a stop by hand, and Postgres must record it.
            await self._record(EnrollmentStatus.STOPPED, reason=StopReason.MANUAL)
            raise
        self._describe()
        return self._directive.outcome

    # Signals. Postgres has already recorded what happened; the directive is the result.

    @workflow.signal
    def pause(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def resume(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def stop(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def reply_received(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def auto_reply_received(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def bounce_received(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def unsubscribe_received(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def complaint_received(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def event_received(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def plan_changed(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.signal
    def mailbox_released(self, directive: Directive) -> None:
        self._accept(directive)

    @workflow.query
    def position(self) -> Directive:
        """Returns the directive that this workflow follows now."""
        return self._directive

    def _accept(self, directive: Directive) -> None:
        if directive.revision > self._directive.revision:
            self._directive = directive

    async def _wait_until_due(self) -> None:
        """Returns when the step is due or the enrollment has ended. Every new directive restarts the wait."""
        while not self._directive.ends:
            waited_for = self._directive
            self._describe()
            remaining = self._remaining(waited_for)
            if remaining is not None and remaining <= timedelta(0):
                return
            try:
                await workflow.wait_condition(
                    lambda seen=waited_for: self._directive is not seen,
                    timeout=remaining,
                    timeout_summary=f"{waited_for.step_key} until {waited_for.due_text}",
                )
            except TimeoutError:
                return

    def _remaining(self, directive: Directive) -> timedelta | None:
        """Returns the time until the directive is due; None while it is held, for any length of time."""
        if directive.held or directive.due_at is None:
            return None
        return directive.due_at - workflow.now()

    async def _perform(self) -> None:
        due = self._directive
        assert due.step_id is not None, "a directive that has not ended names a step"
        task = PerformInput(
            tenant_id=self._enrollment.tenant_id,
            enrollment_id=self._enrollment.enrollment_id,
            step_id=due.step_id,
            now=workflow.now(),
        )
        try:
            answer = await workflow.execute_activity(
                ActivityNames.STEP_PERFORM,
                task,
                result_type=Directive,
                start_to_close_timeout=STEP.start_to_close,
                heartbeat_timeout=STEP.heartbeat,
                retry_policy=STEP.retry,
                # After a delay, this activity decides and performs the step that follows the delay.
                summary=f"after {due.step_key}" if due.step_type == "delay" else due.step_key,
            )
        except ActivityError as failed:
            if is_cancelled_exception(failed):
                raise
            await self._record(EnrollmentStatus.FAILED, error=_cause(failed))
            return
        # The answer counts, unless a newer directive came while the step ran.
        if self._directive is due or answer.revision > self._directive.revision:
            self._directive = answer

    async def _record(self, status: EnrollmentStatus, *, reason: str | None = None, error: str | None = None) -> None:
        """Writes to Postgres what only this workflow knows: a step that failed for good, or a cancellation."""
        fact = RecordInput(
            tenant_id=self._enrollment.tenant_id,
            enrollment_id=self._enrollment.enrollment_id,
            now=workflow.now(),
            status=status,
            reason=reason,
            error=error,
        )
        recorded = workflow.start_activity(
            ActivityNames.ENROLLMENT_RECORD,
            fact,
            result_type=Directive,
            start_to_close_timeout=RECORD.start_to_close,
            retry_policy=RECORD.retry,
            summary=f"record {status}",
        )
        # The cancellation must not stop its own record from being written.
        self._accept(await asyncio.shield(recorded))

    def _start_afresh_when_long(self) -> None:
        """Continues in a new run before the history grows too long, as it does for a lead in a loop.

        No signal is lost: handlers run before the workflow's own code, so the directive includes every signal so far.
        """
        if not self._directive.ends and workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(self._enrollment.model_copy(update={"first": self._directive}))

    def _describe(self) -> None:
        workflow.set_current_details(_details(self._directive))


def _details(directive: Directive) -> str:
    """Returns the lead's position as Markdown, for Temporal's web UI."""
    lines = [f"**{directive.outcome}**"]
    if directive.step_key:
        lines.append(f"next: `{directive.step_key}` ({directive.step_type})")
    if directive.held:
        lines.append("waiting for a resume")
    elif directive.due_text:
        lines.append(f"due {directive.due_text}")
    return "  \n".join(lines)


def _cause(failed: ActivityError) -> str:
    cause = failed.cause
    if isinstance(cause, ApplicationError):
        return f"{cause.type}: {cause.message}" if cause.type else cause.message
    return str(cause or failed)
