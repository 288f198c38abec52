"""Recorded paths other than those of single enrollments: long lives, releases, watched inboxes, and schedules.

Each is a function that plays the path on a `Stage` and returns the workflow run to record.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from cadenza.runtime import worker
from cadenza.runtime.deployments import Deployment
from cadenza.runtime.worker import make_mailbox_worker, make_worker
from services.inbound.inboxes.watchers import InboxWatches
from services.inbound.receiving import OpenEvent
from tests.engine.releases.patched import PatchedEnrollmentWorkflow
from tests.replay.enrollment_paths import LOOP, THREE, begun
from tests.stage import Stage
from workflows.enrollment import EnrollmentWorkflow
from workflows.workflow_ids import mailbox_workflow_id

Run = WorkflowHandle[Any, Any]
RunPath = Callable[[Stage], Awaitable[Run]]


async def looping(one: Stage) -> tuple[Run, Run]:
    """Returns the first and the last run of a lead in a loop, on a server that soon suggests continue-as-new."""
    lead, enrollment = await begun(one, LOOP)
    first = (await one.handle(enrollment).describe()).run_id
    for _ in range(5):
        await one.forward(days=7, hours=1)
    await one.tell(lead, OpenEvent(type="open"))
    await one.forward(days=8)
    last = (await one.handle(enrollment).describe()).run_id
    workflow_id = one.handle(enrollment).id
    return (
        one.client.get_workflow_handle(workflow_id, run_id=first),
        one.client.get_workflow_handle(workflow_id, run_id=last),
    )


async def continues_as_new(one: Stage) -> Run:
    return (await looping(one))[0]


async def continued(one: Stage) -> Run:
    return (await looping(one))[1]


# Releases.


@asynccontextmanager
async def release(one: Stage, build_id: str, workflow: type = EnrollmentWorkflow) -> AsyncGenerator[None, None]:
    """Runs workers of that version, and routes all leads to them."""
    worker.EnrollmentWorkflow = workflow
    workers = make_worker(one.client, one.parts, one.task_queue, build_id=build_id)
    worker.EnrollmentWorkflow = EnrollmentWorkflow
    async with workers, make_mailbox_worker(one.client, one.parts, one.task_queue, build_id=build_id):
        await Deployment(one.client, one.task_queue).set_current(build_id)
        yield


async def under_a_build_id(one: Stage) -> Run:
    await one.stop_worker()
    async with release(one, "1.0"):
        _, enrollment = await begun(one)
        await one.forward(days=8)
        await one.handle(enrollment).result()
    return one.handle(enrollment)


async def across_a_release(one: Stage) -> Run:
    """Starts without a build ID and continues under one."""
    _, enrollment = await begun(one)
    await one.stop_worker()
    async with release(one, "1.0"):
        await one.forward(days=8)
        await one.handle(enrollment).result()
    return one.handle(enrollment)


async def began_patched(one: Stage) -> Run:
    await one.stop_worker()
    async with release(one, "1.1", PatchedEnrollmentWorkflow):
        _, enrollment = await begun(one, THREE)
        await one.forward(days=4)
        await one.handle(enrollment).result()
    return one.handle(enrollment)


async def patched_while_asleep(one: Stage) -> Run:
    _, enrollment = await begun(one, THREE)
    await one.stop_worker()
    async with release(one, "1.1", PatchedEnrollmentWorkflow):
        await one.forward(days=4)
        await one.handle(enrollment).result()
    return one.handle(enrollment)


# Inboxes.


async def watch(one: Stage, port: int | None) -> Run:
    """Has the mailbox watched with a server that does not answer. The retries are not in the history."""
    imap = None if port is None else f'{{"host": "127.0.0.1", "port": {port}, "username": "sam"}}'
    await one.query_write("DELETE FROM inbox_cursors")
    await one.query_write("UPDATE mailboxes SET imap = CAST(:imap AS jsonb)", imap=imap)
    mailbox_id = (await one.query("SELECT id FROM mailboxes"))[0].id
    await InboxWatches(one.database, one.parts.gateway).settings_changed(one.tenant_id, mailbox_id)
    if port is not None:
        await one.until(lambda: seen(one), "the mailbox is watched")
    return one.client.get_workflow_handle(mailbox_workflow_id(one.tenant_id, mailbox_id))


async def seen(one: Stage) -> bool:
    return await one.query("SELECT 1 FROM inbox_cursors") != []


async def watched_and_let_go(one: Stage) -> Run:
    """A mailbox is watched, gets other settings, and then none."""
    async with make_mailbox_worker(one.client, one.parts, one.task_queue):
        for port in (1, 2):
            await watch(one, port)
        handle = await watch(one, None)
        await handle.result()
    return handle


async def taken_over(one: Stage) -> Run:
    """The worker ends, and another one continues to watch."""
    async with make_mailbox_worker(one.client, one.parts, one.task_queue):
        await watch(one, 1)
    async with make_mailbox_worker(one.client, one.parts, one.task_queue):
        handle = await watch(one, None)
        await handle.result()
    return handle


async def watched_for_long(one: Stage) -> Run:
    """Returns the first run of a watch whose settings change often, on a server that soon suggests continue-as-new."""
    async with make_mailbox_worker(one.client, one.parts, one.task_queue):
        first = (await (await watch(one, 1)).describe()).run_id
        for port in (2, 3, 4, 5):
            await watch(one, port)
        handle = await watch(one, None)
        await handle.result()
    return one.client.get_workflow_handle(handle.id, run_id=first)


# Schedules.


def scheduled(name: str) -> RunPath:
    async def path(one: Stage) -> Run:
        handle = await one.client.start_workflow(name, id=f"{name}-{uuid4()}", task_queue=one.task_queue)
        await handle.result()
        return handle

    return path


OTHER_PATHS: dict[str, RunPath] = {
    "under-a-build-id": under_a_build_id,
    "across-a-release": across_a_release,
    "patched/began-patched": began_patched,
    "patched/patched-while-asleep": patched_while_asleep,
    "mailbox/watched-and-let-go": watched_and_let_go,
    "mailbox/taken-over": taken_over,
    "maintenance/process-queue": scheduled("ProcessQueue"),
    "maintenance/refresh-analytics": scheduled("RefreshAnalytics"),
    "maintenance/maintain-log": scheduled("MaintainLog"),
}
LONG_LIVES: dict[str, RunPath] = {
    "continues-as-new": continues_as_new,
    "continued": continued,
    "mailbox/continues-as-new": watched_for_long,
}
