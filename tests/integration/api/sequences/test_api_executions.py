"""The execution log over HTTP: filters and pages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.api.client import Tenant
from tests.integration.history import History, days, new_history

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
async def history(tenant: Tenant) -> History:
    return await new_history(tenant.database, tenant.id)


@pytest.fixture
async def two_leads(history: History) -> list[UUID]:
    """Two enrollments with four log rows each, 40 days apart."""
    enrollments = [await history.enrollment(NOON), await history.enrollment(NOON)]
    for enrollment, begins in zip(enrollments, (NOON, NOON + days(40)), strict=True):
        await history.log(enrollment, None, "enrolled", begins)
        await history.log(enrollment, "intro", "email_sent", begins, message_id="<1@a.example>")
        await history.log(enrollment, "wait", "waiting", begins, until="2026-03-13T12:00:00Z")
        await history.log(enrollment, "check", "branch_decided", begins + days(3), branch="else")
    return enrollments


async def events(tenant: Tenant, history: History, **filters: Any) -> list[str]:
    answer = await tenant.call("GET", f"/sequences/{history.sequence_id}/executions", params=filters)
    assert answer["next_cursor"] is None
    return [row["event"] for row in answer["items"]]


ONE_LEAD = ["branch_decided", "waiting", "email_sent", "enrolled"]


async def test_executions_are_listed_newest_first(tenant: Tenant, history: History, two_leads: list[UUID]) -> None:
    assert await events(tenant, history) == ONE_LEAD * 2
    answer = await tenant.call("GET", f"/sequences/{history.sequence_id}/executions")
    sent = answer["items"][6]
    (lead,) = await tenant.query(
        "SELECT s.lead_id, l.email FROM lead_sequence_state s JOIN leads l ON l.id = s.lead_id WHERE s.id = :id",
        id=two_leads[0],
    )
    assert sent.pop("id").isdigit()
    assert sent == {
        "at": "2026-03-10T12:00:00Z",
        "event": "email_sent",
        "step_id": str(history.steps["intro"]),
        "step_key": "intro",
        "enrollment_id": str(two_leads[0]),
        "lead_id": str(lead.lead_id),
        "lead_email": lead.email,
        "detail": {"message_id": "<1@a.example>"},
    }
    assert (answer["items"][7]["step_id"], answer["items"][7]["step_key"]) == (None, None)


async def test_executions_are_filtered(tenant: Tenant, history: History, two_leads: list[UUID]) -> None:
    assert await events(tenant, history, event="waiting") == ["waiting"] * 2
    assert await events(tenant, history, event="nothing_of_the_kind") == []
    assert await events(tenant, history, enrollment_id=str(two_leads[1])) == ONE_LEAD
    (lead,) = await tenant.query(
        "SELECT s.lead_id, l.email FROM lead_sequence_state s JOIN leads l ON l.id = s.lead_id WHERE s.id = :id",
        id=two_leads[0],
    )
    assert await events(tenant, history, lead_id=str(lead.lead_id), event="enrolled") == ["enrolled"]
    assert await events(tenant, history, lead_id=str(uuid4())) == []
    for step in ("check", str(history.steps["check"]), str(history.steps["check"]).upper()):
        assert await events(tenant, history, step=step) == ["branch_decided"] * 2
    since, until = NOON + days(3), NOON + days(40)
    # `from` is inclusive, `to` is exclusive.
    assert await events(tenant, history, **{"from": since.isoformat(), "to": until.isoformat()}) == ["branch_decided"]
    assert await events(tenant, history, to=(NOON + timedelta(seconds=1)).isoformat()) == ONE_LEAD[1:]


async def test_executions_are_found_by_the_key_of_a_removed_step(
    tenant: Tenant, history: History, two_leads: list[UUID]
) -> None:
    old = history.steps["check"]
    await history.change(
        "UPDATE sequence_steps SET removed_at = now(), position = NULL WHERE tenant_id = :t AND id = :step", step=old
    )
    await history.change("UPDATE sequence_steps SET key = 'renamed' WHERE tenant_id = :t AND id = :step", step=old)
    assert await events(tenant, history, step="renamed") == ["branch_decided"] * 2


async def test_invalid_filters_are_refused(tenant: Tenant, history: History) -> None:
    path = f"/sequences/{history.sequence_id}/executions"
    for filters, field in (
        ({"step": "unknown"}, "step"),
        ({"cursor": "abc"}, "cursor"),
    ):
        problem = await tenant.call("GET", path, 422, params=filters)
        assert [error["field"] for error in problem["errors"]] == [field]
    for filters in ({"lead_id": "ada"}, {"from": "2026-03-10"}, {"from": "2026-03-10T12:00:00"}, {"event": ""}):
        await tenant.call("GET", path, 422, params=filters)


async def test_pages_neither_repeat_nor_miss_rows_during_writes(
    tenant: Tenant, history: History, two_leads: list[UUID]
) -> None:
    path = f"/sequences/{history.sequence_id}/executions"
    before = {row["id"] for row in (await tenant.call("GET", path))["items"]}
    seen: list[str] = []
    parameters: dict[str, Any] = {"limit": 3}
    while True:
        answer = await tenant.call("GET", path, params=parameters)
        seen += [row["id"] for row in answer["items"]]
        await history.log(two_leads[0], None, "paused", NOON + days(50))
        if answer["next_cursor"] is None:
            break
        parameters["cursor"] = answer["next_cursor"]
    assert len(seen) == len(set(seen))
    assert set(seen) == before
