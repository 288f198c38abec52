"""Replays recorded histories of every path with today's workflows: a change that breaks sleeping leads fails here.

To add histories of new paths: `.venv/bin/python -m tests.replay.record`.
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
from tests.replay.enrollment_paths import ENROLLMENT_PATHS
from tests.replay.line_coverage import LineCoverage
from tests.replay.other_paths import LONG_LIVES, OTHER_PATHS
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
# No history reaches these lines: a query leaves no event, and an error that is neither a step's failure nor a
# cancellation is a bug of which no history was recorded.
NEVER_RECORDED = {
    '"""Returns the directive that this workflow follows now.""" / return self._directive',
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
    assert recorded == ENROLLMENT_PATHS.keys() | OTHER_PATHS.keys() | LONG_LIVES.keys()


@pytest.mark.parametrize("path", [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE], ids=named)
async def test_recorded_histories_replay_with_todays_code(path: Path) -> None:
    await replayer(*WORKFLOWS).replay_workflow(history(path))


@pytest.mark.parametrize("path", [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE], ids=named)
async def test_unencrypted_histories_replay_with_payload_keys(path: Path) -> None:
    await replayer(*WORKFLOWS, keys=PayloadKeys([new_key()])).replay_workflow(history(path))


# The histories cover everything that the workflows can do.


def test_every_signal_activity_and_kind_of_end_is_recorded() -> None:
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


async def test_every_line_of_the_workflows_runs_in_a_replay() -> None:
    coverage = LineCoverage(workflows.enrollment, workflows.mailbox, workflows.maintenance)
    with coverage.executor() as executor:
        # The sandbox would load its own copies of the modules.
        again = Replayer(
            workflows=WORKFLOWS,
            workflow_runner=UnsandboxedWorkflowRunner(),
            workflow_task_executor=executor,
            data_converter=data_converter(NO_KEYS),
        )
        for path in [*ENROLLMENTS, *MAILBOXES, *MAINTENANCE]:
            await again.replay_workflow(history(path))
    assert coverage.unreached() == NEVER_RECORDED


def test_histories_have_no_personal_data_and_no_machine_paths() -> None:
    for path in HISTORIES.rglob("*.json"):
        text = path.read_text("utf-8")
        assert not re.search(r"@[a-z-]+\.example|Lovelace|\.py\b|/(root|home|Users|tmp|usr|opt)/", text), path.name


# A change that breaks sleeping leads does fail these tests.


@workflow.defn(name="Enrollment", sandboxed=False)
class MutatedWorkflow(EnrollmentWorkflow):
    """Runs one more activity than the recorded leads did."""

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
    """Sleeps before it watches."""

    @workflow.init
    def __init__(self, mailbox: MailboxInput) -> None:
        super().__init__(mailbox)

    @workflow.run
    async def run(self, mailbox: MailboxInput) -> str:
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(mailbox)


@pytest.mark.parametrize("path", MAILBOXES, ids=named)
async def test_a_mutated_mailbox_workflow_fails_replay(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(MutatedMailboxWorkflow).replay_workflow(history(path))


# A later release with a patched workflow (docs/code-versions.md).


@pytest.mark.parametrize("path", [*ENROLLMENTS, *PATCHED], ids=named)
async def test_a_patched_workflow_replays_old_and_new_histories(path: Path) -> None:
    await replayer(PatchedEnrollmentWorkflow).replay_workflow(history(path))


@pytest.mark.parametrize("path", PATCHED, ids=named)
async def test_code_before_a_patch_cannot_replay_patched_histories(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(EnrollmentWorkflow).replay_workflow(history(path))


# This lead was stopped before its first task, so it never reached the changed line.
CAME_TO_IT = [path for path in ENROLLMENTS if path.stem != "signal-before-first-task"]


@pytest.mark.parametrize("path", CAME_TO_IT, ids=named)
async def test_the_same_change_without_a_patch_fails_replay(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(BrokenEnrollmentWorkflow).replay_workflow(history(path))
