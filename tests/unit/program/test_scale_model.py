"""The scale model with round numbers, and compared with points measured on real servers."""

import pytest

from bench.scale_model.assumptions import Capacity, CloudPrices, LeadPattern
from bench.scale_model.costs import BYTES_PER_ROW, LeadCost, database_bytes, grown_bytes
from bench.scale_model.model import actions_usd, cloud, flow, limits, power_of_two, predict

MEASURED = [
    # python -m bench.soak, 2026-11-25: rows of each table at the end, and the database's growth in bytes.
    (
        {
            "leads": 660,
            "lead_sequence_state": 658,
            "messages": 1912,
            "send_slots": 1912,
            "sequence_execution_log": 6438,
            "lead_engagement": 728,
            "campaign_leads": 329,
            "idempotency_keys": 72,
        },
        658 * 13_757,
    ),
    (
        {
            "leads": 761,
            "lead_sequence_state": 761,
            "messages": 2161,
            "send_slots": 2161,
            "sequence_execution_log": 7219,
            "lead_engagement": 845,
            "campaign_leads": 370,
            "idempotency_keys": 103,
        },
        761 * 13_402,
    ),
]


@pytest.mark.parametrize(("rows", "found_bytes"), MEASURED)
def test_the_model_predicts_the_size_of_measured_databases(rows: dict[str, int], found_bytes: float) -> None:
    assert grown_bytes(rows) == pytest.approx(found_bytes, rel=0.05)


def test_leads_are_processed_within_the_window() -> None:
    shape = LeadPattern(days_in_flight=8, window_days_per_week=5, window_hours=8, busiest_hour=1)

    moving = flow(8_000_000, LeadCost(emails=3, effects=4), shape)

    assert moving.leads_per_day == 1_000_000
    assert moving.leads_peak_s == pytest.approx(7_000_000 / (40 * 3600))
    assert moving.emails_per_window_day == pytest.approx(3_000_000 * 7 / 5)
    # From Friday 17:00 to Monday 9:00 there are 64 hours.
    assert moving.steps_due_monday == pytest.approx(4_000_000 * 64 / 24)


def test_each_tier_of_actions_has_its_price() -> None:
    # The example in the price list: 11.25 million actions.
    assert actions_usd(11.25e6, CloudPrices()) == pytest.approx(525)
    assert actions_usd(0, CloudPrices()) == 0
    assert actions_usd(300e6, CloudPrices()) - actions_usd(299e6, CloudPrices()) == pytest.approx(25)


def test_watched_inboxes_cost_actions_without_any_mail() -> None:
    cost, shape, prices = LeadCost(), LeadPattern(), CloudPrices()
    moving = flow(1e6, cost, shape)

    without, with_mailboxes = (cloud(moving, count, cost, shape, prices) for count in (0, 1))

    assert with_mailboxes.actions_per_month - without.actions_per_month == pytest.approx(150 * 24 * 30 * 1.1)


def test_shards_are_a_power_of_two_and_suffice_for_rate_and_workflows() -> None:
    assert [power_of_two(least) for least in (1, 2, 3, 512, 513)] == [1, 2, 4, 512, 1024]
    for leads in (1e6, 1e7, 1e8):
        found = predict(leads).temporal
        assert found.shards >= max(found.shards_by_rate, found.shards_by_workflows)


def test_all_figures_but_rounded_ones_are_proportional_to_the_leads() -> None:
    small, large = predict(1e6), predict(1e7)

    for of in (lambda one: one.postgres.kept_gb, lambda one: one.postgres.commits_peak_s, lambda one: one.mailboxes):
        assert of(large) / of(small) == pytest.approx(10, rel=0.01)
    assert large.postgres.freeze_days == pytest.approx(small.postgres.freeze_days / 10)
    # Monday's work grows with the number of workers, so its duration stays the same.
    assert large.processes.monday_minutes == pytest.approx(small.processes.monday_minutes)


def test_limits_are_sorted_and_more_capacity_lowers_them() -> None:
    before = limits(predict(1e8))
    assert [one.used for one in before] == sorted((one.used for one in before), reverse=True)

    more = Capacity(postgres_commits_s=1e9)
    commits = {one.name: one.used for one in limits(predict(1e8, capacity=more), more)}
    assert commits["Postgres: commits a second"] < 0.01


def test_an_unmeasured_table_counts_as_zero_bytes() -> None:
    assert database_bytes({"unheard_of": 5}) == 0
    assert database_bytes({"messages": 2}) == 2 * BYTES_PER_ROW["messages"]
