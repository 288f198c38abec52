"""Recorded histories of every path run again through today's workflow: a change that would break a sleeping lead fails.

Record anew, after a path was added: `.venv/bin/python -m tests.replay.record`.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from cadenza.worker import sandboxed
from domain.messages import Directive, EnrollmentInput, MailboxInput
from workflows.contracts import STEP, ActivityNames
from workflows.enrollment import EnrollmentWorkflow
from workflows.mailbox import MailboxWorkflow

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
EXPECTED = {
    "does-nothing",
    "opens",
    "replies",
    "out-of-office",
    "unsubscribes",
    "bounces",
    "paused-and-resumed",
    "stopped",
    "failed-and-resumed",
    "cancelled",
    "retried",
    "signal-before-first-task",
}


MAILBOX_HISTORIES = sorted((Path(__file__).parent / "histories" / "mailbox").glob("*.json"))


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text("utf-8"))


def replayer(one: type) -> Replayer:
    return Replayer(workflows=[one], workflow_runner=sandboxed(), data_converter=pydantic_data_converter)


def test_every_path_is_recorded() -> None:
    assert {path.stem for path in HISTORIES} == EXPECTED
    assert {path.stem for path in MAILBOX_HISTORIES} == {"watched-and-let-go"}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_lead_goes_on_under_todays_code(path: Path) -> None:
    await replayer(EnrollmentWorkflow).replay_workflow(history(path))


@pytest.mark.parametrize("path", MAILBOX_HISTORIES, ids=lambda path: path.stem)
async def test_the_watching_of_a_mailbox_goes_on_under_todays_code(path: Path) -> None:
    await replayer(MailboxWorkflow).replay_workflow(history(path))


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


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
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


@pytest.mark.parametrize("path", MAILBOX_HISTORIES, ids=lambda path: path.stem)
async def test_a_mutated_watch_of_a_mailbox_fails_replay(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(MutatedMailboxWorkflow).replay_workflow(history(path))
