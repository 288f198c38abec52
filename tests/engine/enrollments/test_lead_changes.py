"""Actions that change nothing but their lead: deed, record and move are one call of Postgres."""

import dataclasses
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import make_url

from bench.servers.round_trips import RoundTripCounter
from cadenza.runtime.worker import make_performer
from db.session import Database
from tests.stage import Stage


def action(key: str, **config: Any) -> dict[str, Any]:
    return {"key": key, "type": "action", "config": config}


TAG = action("tag", action="tag_lead", add=["mailed", "a", "mailed"], remove=["b", "z"])
QUALIFY = action("qualify", action="mark_qualified")
STATUS = action("status", action="update_status", status="unresponsive")


@pytest.fixture
async def counter(stage: Stage) -> AsyncGenerator[RoundTripCounter]:
    url = make_url(stage.database.engine.url)
    one = RoundTripCounter(url.host or "127.0.0.1", url.port or 5432)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def counted(stage: Stage, counter: RoundTripCounter) -> AsyncGenerator[Database]:
    url = stage.database.engine.url.set(host="127.0.0.1", port=counter.port)
    one = Database(url.render_as_string(hide_password=False))
    yield one
    await one.aclose()


async def test_it_costs_two_round_trips_and_is_done_once(
    stage: Stage, counter: RoundTripCounter, counted: Database
) -> None:
    perform = make_performer(dataclasses.replace(stage.parts, database=counted)).perform
    sequence, lead = await stage.sequence([TAG, QUALIFY, STATUS]), await stage.lead()
    await stage.query_write("UPDATE leads SET tags = '{c,b,a}' WHERE id = :id", id=lead)
    # No worker is told of it: it is performed here.
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)

    async def performed() -> tuple[list[str], str]:
        await perform(stage.tenant_id, enrollment, datetime.now(UTC))
        row = await stage.lead_row(lead)
        return row.tags, row.status

    assert await performed() == (["c", "a", "mailed"], "new")
    before = counter.round_trips
    assert await performed() == (["c", "a", "mailed"], "qualified")
    assert await performed() == (["c", "a", "mailed"], "unresponsive")
    assert counter.round_trips - before == 2 * 2  # load, advance
    assert (await stage.state(enrollment)).status == "completed"
    assert (await performed())[1] == "unresponsive"
    assert (await stage.log(enrollment)).count("action_performed") == 3


@pytest.mark.parametrize("status", ["unsubscribed", "bounced"])
async def test_who_asked_to_be_left_alone_is_not_qualified(stage: Stage, status: str) -> None:
    sequence, lead = await stage.sequence([QUALIFY]), await stage.lead()
    enrollments: list[UUID] = await stage.enroll(sequence, lead, dispatch=False)
    await stage.query_write("UPDATE leads SET status = :status WHERE id = :id", id=lead, status=status)
    await make_performer(stage.parts).perform(stage.tenant_id, enrollments[0], datetime.now(UTC))
    assert (await stage.lead_row(lead)).status == status
