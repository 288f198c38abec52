"""Homes of older releases continue under this one: their schema, their rows, and the histories of sleeping leads."""

import tempfile
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.worker import Replayer

from cadenza.maintenance import archive
from cadenza.runtime.payload_codec import data_converter
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.temporal_client import connect_temporal
from cadenza.runtime.worker import sandboxed
from tests.clock import at
from tests.integration.cli.conftest import run_program
from tests.integration.up.house import House
from tests.integration.up.up_run import UpRun
from tests.upgrade.world import LEADS, address, wake
from workflows.enrollment import EnrollmentWorkflow

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.xz"))


@pytest.fixture(params=RELEASES, ids=lambda file: file.name.partition(".backup")[0])
async def upgraded(request: pytest.FixtureRequest) -> AsyncGenerator[House]:
    """A home that is restored, migrated and running. It had stopped when it was copied, so no email of it is in doubt.

    Its clocks continue from the moment of the copy. By the true clock its leads would be due, and mailed while it
    starts.
    """
    with archive.opened(request.param) as (manifest, _), tempfile.TemporaryDirectory(prefix="cadenza-tests-") as folder:
        home = Path(folder) / "home"
        clock = at(manifest.taken_at + timedelta(minutes=1))
        stopped = ("--stopped-at", manifest.taken_at.isoformat())
        ran = await run_program("restore", str(request.param), "--home", str(home), *stopped, environment=clock)
        assert ran.status == 0, ran.err
        assert "0 emails in the gap" in ran.out
        run = UpRun(home, "--dev", module="cadenza", environment=clock)
        try:
            yield House(run)
            assert run.end() == 0
        finally:
            run.close()


async def test_every_sleeping_lead_continues_after_an_upgrade(upgraded: House) -> None:
    before = upgraded.ledger("sent")
    assert len(before) > len(LEADS) // 2
    wake(upgraded)
    ended = upgraded.to_the_end()
    assert ended == {address(name): lead.ended for name, lead in LEADS.items()}

    after = upgraded.sent()
    assert before & after == set(), "no email is sent twice"
    sent = upgraded.rows(
        "SELECT l.email, array_agg(t.key ORDER BY m.sent_at) FROM messages m JOIN leads l ON l.id = m.lead_id"
        " JOIN sequence_steps t ON t.id = m.step_id WHERE m.status = 'sent' GROUP BY l.email"
    )
    assert dict(sent) == {address(name): list(lead.sent) for name, lead in LEADS.items() if lead.sent}
    assert after == upgraded.ledger("sent") - before
    assert upgraded.ledger("unknown") == set()
    tagged = {email for (email,) in upgraded.rows("SELECT email FROM leads WHERE 'told' = ANY (tags)")}
    assert tagged == {address(name) for name, lead in LEADS.items() if lead.tagged}
    await replay(upgraded)


async def replay(house: House) -> None:
    """Each lead's history, begun under the older release and ended under this one, replays with this release's
    workflow."""
    client = await connect_temporal(PayloadKeys(), environment={"TEMPORAL_ADDRESS": house.temporal_address})
    replayer = Replayer(
        workflows=[EnrollmentWorkflow], workflow_runner=sandboxed(), data_converter=data_converter(PayloadKeys())
    )
    histories = client.list_workflows("WorkflowType = 'Enrollment'").map_histories()
    results = await replayer.replay_workflows(histories, raise_on_replay_failure=False)
    assert results.replay_failures == {}
    found = [one.id async for one in client.list_workflows("WorkflowType = 'Enrollment'")]
    assert len(found) == len(LEADS)
