"""Analytics over HTTP: every figure is compared with a history whose rows are all known."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.calls.analytics import refresh_performance
from domain.sequences.variants import VariantResult, probability_best
from services.analytics.performance import COUNTED_LIVE
from services.sequences.variants import decide_all_winners, decide_winners
from tests.integration.api.client import Tenant
from tests.integration.history import History, days, new_history

# Half an hour before midnight (UTC), so that an hour later is the next day.
LATE = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NONE_OF_DAY = {
    "enrolled": 0,
    "sent": 0,
    "opened": 0,
    "clicked": 0,
    "replied": 0,
    "bounced": 0,
    "unsubscribed": 0,
    "completed": 0,
    "stopped": 0,
}


@pytest.fixture
async def history(tenant: Tenant) -> History:
    return await new_history(tenant.database, tenant.id)


async def get_analytics(tenant: Tenant, history: History, **period: str) -> Any:
    return await tenant.call("GET", f"/sequences/{history.sequence_id}/analytics", params=period)


async def funnel(tenant: Tenant, history: History) -> dict[str, Any]:
    return {step["key"]: step for step in (await get_analytics(tenant, history))["funnel"]}


async def six_fates(history: History) -> None:
    """Six enrollments: waiting, completed, replied, bounced at once, unsubscribed, paused."""
    waiting = await history.enrollment(LATE, at_step="wait", visited=("intro",))
    message = await history.message(waiting, "intro", LATE)
    await history.log(waiting, "wait", "waiting", LATE)
    for at in (LATE + HOUR, LATE + 2 * HOUR):
        await history.deed(message, "open", at)
    await history.deed(message, "click", LATE + 2 * HOUR, url="https://a.example")
    await history.deed(message, "open", LATE, machine=True)

    done = await history.enrollment(LATE, "completed", ended_at=LATE + days(3), visited=("intro", "follow-up"))
    first = await history.message(done, "intro", LATE)
    await history.deed(first, "open", LATE, machine=True)
    await history.deed(first, "click", LATE, machine=True)
    await history.deed(first, "bounce", LATE, hard=False)
    await history.log(done, "wait", "waiting", LATE)
    await history.log(done, "check", "branch_decided", LATE + days(3), branch="else", outcome={"continue": True})
    await history.message(done, "follow-up", LATE + days(3))

    replied = await history.enrollment(LATE, "stopped", reason="replied", ended_at=LATE + HOUR, visited=("intro",))
    answered = await history.message(replied, "intro", LATE)
    await history.deed(answered, "reply", LATE + HOUR)
    await history.log(replied, "wait", "waiting", LATE)

    bounced = await history.enrollment(LATE, "stopped", reason="bounced", ended_at=LATE, visited=())
    refused = await history.message(bounced, "intro", LATE, status="refused")
    await history.deed(refused, "bounce", LATE, hard=True)

    left = await history.enrollment(LATE + HOUR, "stopped", reason="unsubscribed", ended_at=LATE + days(3.5))
    unknown = await history.message(left, "intro", LATE + HOUR, status="unknown")
    await history.deed(unknown, "unsubscribe", LATE + days(3.5))
    await history.log(left, "wait", "waiting", LATE + HOUR)
    await history.log(
        left, "check", "branch_decided", LATE + days(3.5), branch="branches[0]", outcome={"stop": True, "reason": "x"}
    )

    held = await history.enrollment(LATE + HOUR, "paused", at_step="intro")
    # Never sent: not counted.
    await history.message(held, "intro", LATE + HOUR, status="reserved")


async def test_a_sequence_without_leads_has_no_rates(tenant: Tenant, history: History) -> None:
    before = datetime.now(UTC)
    answer = await get_analytics(tenant, history)
    assert answer["sequence_id"] == str(history.sequence_id)
    assert before <= datetime.fromisoformat(answer["as_of"]) <= datetime.now(UTC)
    assert answer["rates"] == {"open": None, "click": None, "reply": None, "bounce": None, "completion": None}
    assert answer["totals"]["stopped"] == {}
    assert {value for name, value in answer["totals"].items() if name != "stopped"} == {0}
    assert [(step["key"], step["position"], step["reached"]) for step in answer["funnel"]] == [
        ("intro", 1, 0),
        ("wait", 2, 0),
        ("check", 3, 0),
        ("follow-up", 4, 0),
    ]
    assert (answer["variants"], answer["daily"]) == ([], [])


async def test_totals_and_rates(tenant: Tenant, history: History) -> None:
    await six_fates(history)
    answer = await get_analytics(tenant, history)
    assert answer["totals"] == {
        "enrolled": 6,
        "active": 1,
        "paused": 1,
        "completed": 1,
        "stopped": {"replied": 1, "bounced": 1, "unsubscribed": 1},
        "failed": 0,
        # Three intros that the server accepted, one with an unknown result (it counts as sent), and the follow-up.
        "emails_sent": 5,
        # Opened by a person, counted once per email; opens by machines alone do not count.
        "emails_opened": 1,
        "emails_clicked": 1,
        "emails_replied": 1,
        # A soft bounce does not count.
        "emails_bounced": 1,
        "emails_unsubscribed": 1,
    }
    assert (answer["machine_opens"], answer["machine_clicks"]) == (2, 1)
    assert answer["rates"] == {"open": 1 / 5, "click": 1 / 5, "reply": 1 / 5, "bounce": 1 / 6, "completion": 1 / 6}


async def test_the_funnel(tenant: Tenant, history: History) -> None:
    await six_fates(history)
    steps = await funnel(tenant, history)
    reached = {key: (step["reached"], step["here_now"]) for key, step in steps.items()}
    # Every lead entered at the intro. The waiting one has left it; the paused one is at it.
    assert reached == {"intro": (6, 1), "wait": (4, 1), "check": (2, 0), "follow-up": (1, 0)}
    emails = ("sent", "opened", "clicked", "replied", "bounced")
    assert [steps["intro"][figure] for figure in emails] == [4, 1, 1, 1, 1]
    assert [steps["follow-up"][figure] for figure in emails] == [1, 0, 0, 0, 0]
    assert steps["check"]["outcomes"] == [
        {"branch": "branches[0]", "outcome": {"stop": True, "reason": "x"}, "count": 1},
        {"branch": "else", "outcome": {"continue": True}, "count": 1},
    ]
    assert (steps["intro"]["name"], steps["intro"]["type"], steps["intro"]["removed"]) == (
        "Introduction",
        "email",
        False,
    )


async def test_days_are_utc_and_each_event_counts_on_its_first_day(tenant: Tenant, history: History) -> None:
    await six_fates(history)
    expected = [
        {**NONE_OF_DAY, "date": "2026-03-10", "enrolled": 4, "sent": 3, "bounced": 1, "stopped": 1},
        {
            **NONE_OF_DAY,
            "date": "2026-03-11",
            "enrolled": 2,
            "sent": 1,
            "opened": 1,
            "clicked": 1,
            "replied": 1,
            "stopped": 1,
        },
        {**NONE_OF_DAY, "date": "2026-03-13", "sent": 1, "completed": 1},
        {**NONE_OF_DAY, "date": "2026-03-14", "unsubscribed": 1, "stopped": 1},
    ]
    assert (await get_analytics(tenant, history))["daily"] == expected
    narrowed = await get_analytics(tenant, history, **{"from": "2026-03-11", "to": "2026-03-13"})
    assert narrowed["daily"] == expected[1:3]
    assert narrowed["totals"]["enrolled"] == 6
    assert (await get_analytics(tenant, history, to="2026-03-10"))["daily"] == expected[:1]
    path = f"/sequences/{history.sequence_id}/analytics"
    backwards = {"from": "2026-03-12", "to": "2026-03-11"}
    assert await tenant.refused("GET", path, 422, "validation_failed", params=backwards) == ["to"]
    await tenant.call("GET", path, 422, params={"from": "yesterday"})


async def test_a_first_step_is_reached_by_every_lead_of_its_versions(tenant: Tenant, history: History) -> None:
    """No log row says that a lead reached its first step; its version does. Version 2 began with the delay, version 3
    again with the intro."""
    for version, first_step, at in ((2, "wait", LATE), (3, "intro", LATE + days(2))):
        await history.change(
            "INSERT INTO sequence_versions (tenant_id, sequence_id, version, plan, published_at)"
            " VALUES (:t, :sequence, :version, CAST(:plan AS jsonb), :at)",
            sequence=history.sequence_id,
            version=version,
            plan=_json({"steps": [{"id": str(history.steps[first_step])}]}),
            at=at,
        )
    await history.enrollment(LATE - HOUR, "completed", ended_at=LATE)
    await history.enrollment(LATE + HOUR, "completed", ended_at=LATE + days(3), visited=("follow-up",))
    await history.enrollment(LATE + days(3), "stopped", reason="manual", ended_at=LATE + days(3))
    steps = await funnel(tenant, history)
    assert {key: step["reached"] for key, step in steps.items()} == {"intro": 2, "wait": 1, "check": 0, "follow-up": 1}


async def test_a_removed_step_is_listed_while_it_has_a_history(tenant: Tenant, history: History) -> None:
    await six_fates(history)
    remove = "UPDATE sequence_steps SET removed_at = now(), position = NULL WHERE tenant_id = :t AND id = :step"
    await history.change(remove, step=history.steps["intro"])
    # No lead ever reached this step, so it is not listed.
    await history.change(
        "INSERT INTO sequence_steps (tenant_id, sequence_id, key, type, removed_at)"
        " VALUES (:t, :sequence, 'unused', 'delay', now())",
        sequence=history.sequence_id,
    )
    answer = (await get_analytics(tenant, history))["funnel"]
    assert [(step["key"], step["removed"]) for step in answer] == [
        ("wait", False),
        ("check", False),
        ("follow-up", False),
        ("intro", True),
    ]
    assert (answer[-1]["position"], answer[-1]["sent"], answer[-1]["reached"]) == (None, 4, 6)


async def with_variants(history: History, counts: dict[str, tuple[int, int]], **auto_winner: Any) -> None:
    """Gives the intro these variants, each with this number of sent emails and of replies."""
    weights = {"idle": 0}
    variants = [{"name": name, "weight": weights.get(name, 1)} for name in counts if name != "gone"]
    config: dict[str, Any] = {"variants": variants}
    if auto_winner:
        config["auto_winner"] = auto_winner
    await history.change(
        "UPDATE sequence_steps SET config = config || CAST(:config AS jsonb) WHERE tenant_id = :t AND id = :step",
        config=_json(config),
        step=history.steps["intro"],
    )
    await history.change(
        """UPDATE sequence_versions SET plan = jsonb_set(plan, '{steps,0,config}', plan#>'{steps,0,config}'
                   || CAST(:config AS jsonb)) WHERE tenant_id = :t AND sequence_id = :sequence""",
        config=_json(config),
        sequence=history.sequence_id,
    )
    for variant, (sent, replied) in counts.items():
        for number in range(sent):
            enrollment = await history.enrollment(LATE, "completed", ended_at=LATE, visited=("intro",))
            message = await history.message(enrollment, "intro", LATE, variant=variant)
            if number < replied:
                await history.deed(message, "reply", LATE)


def _json(value: Any) -> str:
    return json.dumps(value)


async def test_variants_are_compared_by_replies(tenant: Tenant, history: History) -> None:
    await with_variants(
        history, {"A": (12, 1), "idle": (3, 3), "B": (10, 6), "gone": (2, 2)}, min_sample=10, certainty=0.9
    )
    (step,) = (await get_analytics(tenant, history))["variants"]
    chances = probability_best([VariantResult("A", 12, 1), VariantResult("B", 10, 6)])
    assert step["key"] == "intro"
    assert [(one["name"], one["sent"], one["replied"]) for one in step["results"]] == [
        ("A", 12, 1),
        ("idle", 3, 3),
        ("B", 10, 6),
        ("gone", 2, 2),
    ]
    assert [one["probability_best"] for one in step["results"]] == [
        chances["A"],
        None,
        chances["B"],
        None,
    ]
    assert [one["reply_rate"] for one in step["results"]] == [1 / 12, 1.0, 0.6, 1.0]
    assert (step["winner"], step["certainty"], step["decided_at"]) == ("B", chances["B"], None)
    assert step["statistic"] == "bayesian_probability_best_by_replies"
    assert (step["min_sample"], step["required_certainty"]) == (10, 0.9)


async def test_a_winner_is_decided_once_and_while_its_variant_exists(tenant: Tenant, history: History) -> None:
    await with_variants(history, {"A": (12, 1), "B": (10, 6), "idle": (0, 0)}, min_sample=11, certainty=0.9)

    async def decide() -> list[UUID]:
        await refresh_performance(tenant.database)
        async with tenant.database.write(tenant.id) as session:
            return list(await decide_winners(session))

    assert await decide() == []
    enrollment = await history.enrollment(LATE)
    await history.message(enrollment, "intro", LATE, variant="B")
    assert await decide() == [history.steps["intro"]]
    assert await decide() == []
    chance = probability_best([VariantResult("A", 12, 1), VariantResult("B", 11, 6)])["B"]
    (row,) = await tenant.query("SELECT * FROM variant_winners")
    assert (row.sequence_id, row.step_id, row.variant) == (history.sequence_id, history.steps["intro"], "B")
    assert row.certainty == pytest.approx(chance)
    # The scheduled pass finds the tenant by itself and decides the same.
    await history.change("DELETE FROM variant_winners WHERE tenant_id = :t")
    assert await decide_all_winners(tenant.database) >= 1
    (again,) = await tenant.query("SELECT * FROM variant_winners")
    assert (again.variant, again.certainty) == (row.variant, row.certainty)
    row = again
    # Later results do not change the decision.
    for _ in range(3):
        late = await history.message(await history.enrollment(LATE), "intro", LATE, variant="A")
        await history.deed(late, "reply", LATE)
    (step,) = (await get_analytics(tenant, history))["variants"]
    assert (step["winner"], step["certainty"]) == ("B", row.certainty)
    assert datetime.fromisoformat(step["decided_at"]) == row.decided_at
    # Its variant is removed: the remaining variants are compared again, and a single variant cannot win.
    await with_variants(history, {"A": (0, 0)}, min_sample=11, certainty=0.9)
    assert await decide() == []
    assert await tenant.query("SELECT 1 FROM variant_winners") == []


async def test_a_large_sequence_has_the_counts_of_its_last_refresh(tenant: Tenant, history: History) -> None:
    await history.crowd(COUNTED_LIVE + 1)
    # It has never been counted, so it is counted now.
    assert (await get_analytics(tenant, history))["totals"]["enrolled"] == COUNTED_LIVE + 1
    assert await refresh_performance(tenant.database)
    await history.crowd(5)
    kept = await get_analytics(tenant, history)
    assert (kept["totals"]["enrolled"], kept["totals"]["emails_sent"]) == (COUNTED_LIVE + 1, COUNTED_LIVE + 1)
    assert await refresh_performance(tenant.database)
    again = await get_analytics(tenant, history)
    assert again["totals"]["emails_sent"] == COUNTED_LIVE + 6
    assert again["as_of"] > kept["as_of"]
    assert again["as_of"] == (await get_analytics(tenant, history))["as_of"]


async def test_the_list_of_sequences_has_the_same_replies(tenant: Tenant, history: History) -> None:
    """A small sequence is counted now, a large one as of its last refresh, and one that sent nothing has no rate."""

    async def listed() -> Any:
        items = (await tenant.call("GET", "/sequences"))["items"]
        return {one["id"]: (one["emails_sent"], one["emails_replied"], one["reply_rate"]) for one in items}

    async def analysed() -> Any:
        answer = await get_analytics(tenant, history)
        return (answer["totals"]["emails_sent"], answer["totals"]["emails_replied"], answer["rates"]["reply"])

    empty, small = await tenant.sequence(), str(history.sequence_id)
    await six_fates(history)
    assert await listed() == {empty: (0, 0, None), small: (5, 1, 0.2)}
    assert await analysed() == (5, 1, 0.2)
    await history.crowd(COUNTED_LIVE)
    # Large and never counted before: counted now. From then on, both show the counts of the last refresh.
    assert (await listed())[small] == await analysed() == (COUNTED_LIVE + 5, 1, 1 / (COUNTED_LIVE + 5))
    assert await refresh_performance(tenant.database)
    await history.crowd(5)
    assert (await listed())[small] == await analysed() == (COUNTED_LIVE + 5, 1, 1 / (COUNTED_LIVE + 5))


async def test_a_list_counts_at_most_its_limit(
    tenant: Tenant, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.analytics.performance.LISTED_LIVE", 7)
    smaller = await new_history(tenant.database, tenant.id)
    await six_fates(history)
    await smaller.message(await smaller.enrollment(LATE), "intro", LATE)
    await refresh_performance(tenant.database)
    for one in (history, smaller):
        await one.message(await one.enrollment(LATE), "intro", LATE)
    sent = {one["id"]: one["emails_sent"] for one in (await tenant.call("GET", "/sequences"))["items"]}
    # Nine enrollments in total: the two of the smaller sequence are counted, the others are as of the last refresh.
    assert sent == {str(history.sequence_id): 5, str(smaller.sequence_id): 2}
    alone = await tenant.call("GET", f"/sequences/{history.sequence_id}")
    assert alone["emails_sent"] == 6


async def test_analytics_are_hidden_from_other_tenants(tenant: Tenant, stranger: Tenant, history: History) -> None:
    await history.crowd(COUNTED_LIVE + 1)
    await refresh_performance(tenant.database)
    for path in ("analytics", "executions"):
        await stranger.refused("GET", f"/sequences/{history.sequence_id}/{path}", 404, "not_found")
        await tenant.refused("GET", f"/sequences/{uuid4()}/{path}", 404, "not_found")
        await tenant.call("GET", f"/sequences/{history.sequence_id}/{path}")
