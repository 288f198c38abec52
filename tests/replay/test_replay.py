"""Recorded histories of every path run again through today's workflow: a change that would break a sleeping lead fails.

Record what a new path needs, beside what is there: `.venv/bin/python -m tests.replay.record`.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

import workflows.enrollment
import workflows.mailbox
import workflows.maintenance
from cadenza.runtime.payload_codec import data_converter
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.worker import sandboxed
from domain.engine.contracts import Command, Directive, EnrollmentInput, MailboxInput
from services.secret_box import new_key
from tests.engine.releases.broken import BrokenEnrollmentWorkflow
from tests.engine.releases.patched import PatchedEnrollmentWorkflow
from tests.replay.enrollment_paths import STORIES
from tests.replay.other_paths import LONG_LIVES, OTHERS
from tests.replay.traced import Traced
from workflows.contracts import STEP, ActivityNames
from workflows.enrollment import EnrollmentWorkflow
from workflows.mailbox import MailboxWorkflow
from workflows.maintenance import MaintainLogWorkflow, ProcessQueueWorkflow, RefreshAnalyticsWorkflow

NO_KEYS = PayloadKeys()
HISTORIES = Path(__file__).parent / "histories"
ENROLLMENTS = sorted(HISTORIES.glob("*.json"))
MAILBOXES = sorted((HISTORIES / "mailbox").glob("*.json"))
MAINTENANCE = sorted((HISTORIES / "maintenance").glob("*.json"))
PATCHED = sorted((HISTORIES / "patched").glob("*.json"))
WORKFLOWS: list[type] = [
    EnrollmentWorkflow,
    MailboxWorkflow,
    ProcessQueueWorkflow,
    RefreshAnalyticsWorkflow,
    MaintainLogWorkflow,
]
# No history can hold these: a query leaves nothing behind, and an error that is neither a step's own failure nor a
# cancellation is a bug, which nobody has recorded yet.
NEVER_RECORDED = {
    '"""Where the enrollment stands, as this workflow knows it.""" / return self._directive',
    'return f"{cause.type}: {cause.message}" if cause.type else cause.message / return str(cause or failed)',
    "if not is_cancelled_exception(error): / raise",
}


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text("utf-8"))


def replayer(*some: type, keys: PayloadKeys = NO_KEYS) -> Replayer:
    return Replayer(workflows=some, workflow_runner=sandboxed(), data_converter=data_converter(keys))


def named(path: Path) -> str:
    return path.relative_to(HISTORIES).with_suffix("").as_posix()


def test_every_path_is_recorded() -> None:
    recorded = {named(path) for path in HISTORIES.rglob("*.json")}
    assert recorded == STORIES.keys() | OTHERS.keys() | LONG_LIVES.keys()


@pytest.mark.parametrize("path", [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE], ids=named)
async def test_what_was_recorded_goes_on_under_todays_code(path: Path) -> None:
    await replayer(*WORKFLOWS).replay_workflow(history(path))


@pytest.mark.parametrize("path", [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE], ids=named)
async def test_what_was_recorded_in_the_clear_goes_on_once_there_are_keys(path: Path) -> None:
    await replayer(*WORKFLOWS, keys=PayloadKeys([new_key()])).replay_workflow(history(path))


# That everything is recorded which the workflows can do.


def test_every_signal_every_activity_and_every_end_is_in_a_history() -> None:
    events = [event for path in [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE] for event in history(path).events]
    signals = {
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    }
    handlers = [getattr(member, "__temporal_signal_definition", None) for one in WORKFLOWS for member in members(one)]
    assert signals == {handler.name for handler in handlers if handler is not None}
    assert signals == {*Command, "settings_changed"}
    activities = {
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }
    assert activities == {value for name, value in vars(ActivityNames).items() if name.isupper()}
    ends = {event.event_type for event in events}
    assert ends >= {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
        EventType.EVENT_TYPE_TIMER_FIRED,
        EventType.EVENT_TYPE_TIMER_CANCELED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
    }


def members(one: type) -> list[object]:
    return list(vars(one).values())


async def test_every_line_of_the_workflows_is_run_by_a_history() -> None:
    traced = Traced(workflows.enrollment, workflows.mailbox, workflows.maintenance)
    with traced.executor() as executor:
        # The sandbox would load modules of its own.
        again = Replayer(
            workflows=WORKFLOWS,
            workflow_runner=UnsandboxedWorkflowRunner(),
            workflow_task_executor=executor,
            data_converter=data_converter(NO_KEYS),
        )
        for path in [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE]:
            await again.replay_workflow(history(path))
    assert traced.unreached() == NEVER_RECORDED


def test_histories_hold_nothing_personal_and_nothing_of_a_machine() -> None:
    for path in HISTORIES.rglob("*.json"):
        text = path.read_text("utf-8")
        assert not re.search(r"@[a-z-]+\.example|Lovelace|\.py\b|/(root|home|Users|tmp|usr|opt)/", text), path.name


# That a change which would break a sleeping lead does fail here.


@workflow.defn(name="Enrollment", sandboxed=False)
class MutatedWorkflow(EnrollmentWorkflow):
    """Asks for one activity more than the recorded leads did."""

    @workflow.init
    def __init__(self, enrollment: EnrollmentInput) -> None:
        super().__init__(enrollment)

    @workflow.run
    async def run(self, enrollment: EnrollmentInput) -> str:
        await workflow.execute_activity(
            ActivityNames.QUEUE_PROCESS, start_to_close_timeout=STEP.start_to_close, result_type=Directive
        )
        await workflow.sleep(timedelta(seconds=1))
        return self._directive.outcome


@pytest.mark.parametrize("path", ENROLLMENTS, ids=named)
async def test_a_mutated_workflow_fails_replay(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(MutatedWorkflow).replay_workflow(history(path))


@workflow.defn(name="Mailbox", sandboxed=False)
class MutatedMailboxWorkflow(MailboxWorkflow):
    """Rests before it watches."""

    @workflow.init
    def __init__(self, mailbox: MailboxInput) -> None:
        super().__init__(mailbox)

    @workflow.run
    async def run(self, mailbox: MailboxInput) -> str:
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(mailbox)


@pytest.mark.parametrize("path", MAILBOXES, ids=named)
async def test_a_mutated_watch_of_a_mailbox_fails_replay(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(MutatedMailboxWorkflow).replay_workflow(history(path))


# The next release: what its patches are for (docs/code-versions.md).


@pytest.mark.parametrize("path", [*ENROLLMENTS, *PATCHED], ids=named)
async def test_a_patched_workflow_goes_on_with_every_lead_old_and_new(path: Path) -> None:
    await replayer(PatchedEnrollmentWorkflow).replay_workflow(history(path))


@pytest.mark.parametrize("path", PATCHED, ids=named)
async def test_the_code_before_a_patch_cannot_go_on_with_who_has_taken_it(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(EnrollmentWorkflow).replay_workflow(history(path))


# Who was stopped before the first task never came to the line that is changed.
CAME_TO_IT = [path for path in ENROLLMENTS if path.stem != "signal-before-first-task"]


@pytest.mark.parametrize("path", CAME_TO_IT, ids=named)
async def test_the_same_change_without_a_patch_fails_replay(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(BrokenEnrollmentWorkflow).replay_workflow(history(path))
