"""`cadenza up` and kill -9: of each part, of the supervisor, of everything, and during the first start."""

import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text
from temporalio.client import Client

from cadenza.embedded.orphans import is_alive
from cadenza.embedded.postgres_roles import superuser
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.temporal_client import connect_temporal
from tests.integration.up.up_run import Start

PARTS = ("worker", "api", "capture", "temporal", "postgres")


async def temporal_of(run: dict[str, Any]) -> Client:
    return await connect_temporal(PayloadKeys(), environment={"TEMPORAL_ADDRESS": run["temporal_address"]})


async def leave_data(run: dict[str, Any]) -> None:
    async with superuser(run["admin_database_url"]) as owner:
        await owner.execute(text("CREATE TABLE kept AS SELECT 7 AS value"))
    await (await temporal_of(run)).start_workflow("Nothing", id="kept", task_queue="nobody")


async def assert_data_is_there(run: dict[str, Any]) -> None:
    async with superuser(run["admin_database_url"]) as owner:
        assert await owner.scalar(text("SELECT value FROM kept")) == 7
    description = await (await temporal_of(run)).get_workflow_handle("kept").describe()
    assert description.status is not None and description.status.name == "RUNNING"


async def test_each_killed_part_is_restarted(start: Start) -> None:
    up = start()
    run = up.wait_until_ready()
    await leave_data(run)
    for name in PARTS:
        killed = up.kill(name)
        up.wait_for(f"{name} died (signal 9), started again")
        assert up.run()["pids"][name] != killed
        await assert_data_is_there(up.run())
    up.kill("worker")
    up.wait_for("worker died (signal 9), started again", times=2)
    assert up.end() == 0
    assert up.left_behind() == []


async def test_nothing_outlives_a_killed_supervisor(start: Start) -> None:
    up = start()
    run = up.wait_until_ready()
    await leave_data(run)
    up.process.kill()
    up.process.wait()
    if sys.platform == "linux":  # only Linux tells a child that its parent died
        psutil.wait_procs(up.left_behind(), timeout=30)
        assert up.left_behind() == []
    again = start()
    await assert_data_is_there(again.wait_until_ready())
    assert again.end() == 0


async def test_processes_that_outlive_the_supervisor_are_ended_by_the_next_run(start: Start) -> None:
    """Stopped processes simulate hanging ones: they still exist when the next run starts."""
    up = start()
    run = up.wait_until_ready()
    await leave_data(run)
    hanging = [psutil.Process(run["pids"][name]) for name in ("worker", "api", "capture", "postgres")]
    for process in hanging:
        process.suspend()
    up.process.kill()
    up.process.wait()
    assert all(is_alive(process) for process in hanging)
    again = start()
    await assert_data_is_there(again.wait_until_ready())
    assert "ended what an earlier run left behind: worker" in again.output
    assert not any(is_alive(process) for process in hanging)
    assert again.end() == 0
    assert again.left_behind() == []


async def test_data_survives_a_kill_of_everything(start: Start) -> None:
    up = start()
    run = up.wait_until_ready()
    await leave_data(run)
    up.kill_everything()
    again = start()
    await assert_data_is_there(again.wait_until_ready())
    assert again.end() == 0


@pytest.mark.parametrize("moment", ["postgres.new/data/base", "postgres/postmaster.pid"])
def test_a_killed_first_start_can_be_repeated(start: Start, home: Path, moment: str) -> None:
    up = start()
    up.wait_for_file(home / moment)
    up.process.kill()
    up.process.wait()
    again = start()
    again.wait_until_ready()
    assert again.end() == 0
    assert again.left_behind() == []
