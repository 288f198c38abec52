"""What nobody can measure here: how leads are spread over the days, prices, what one of each thing can bear."""

from dataclasses import dataclass

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
MONTH_DAYS = 30.0


@dataclass(frozen=True)
class Shape:
    """How leads go through: cold-outreach takes a lead seven days of waiting, and one for windows and slots."""

    days_in_flight: float = 8.0
    window_days_per_week: float = 5.0
    window_hours: float = 8.0
    """Emails leave Monday to Friday, 9 to 17."""
    busiest_hour: float = 2.0
    """Times the average hour of the window."""
    emails_per_mailbox_day: float = 50.0
    engagement_rows_per_lead: float = 1.5
    """Opens, clicks, replies."""
    api_requests_per_lead: float = 2.0
    signals_per_lead: float = 0.15
    """Replies, unsubscribes, pauses, edits."""
    temporal_retention_days: float = 30.0
    log_months: float = 12.0
    data_months: float = 12.0
    """How long leads and what was sent to them are kept."""


@dataclass(frozen=True)
class Capacity:
    """What one of each bears, so that a number of them can be named. Assumptions, each an argument."""

    workflows_per_shard: float = 20_000.0
    # Temporal's documentation, "History shard": tens of thousands of executions each; one write at a time each.
    transitions_per_shard_s: float = 50.0
    """A write of 10 ms, half of the time."""
    least_shards: int = 512
    core_share: float = 0.6
    """Of a core that a process may use in the busiest hour."""
    postgres_commits_s: float = 10_000.0
    """One primary with its log on a fast disk."""
    connections_per_process: int = 20
    """That are busy at once; the pools of a process may open 60 (db/session.py)."""
    postgres_connections: int = 200
    freeze_max_age: float = 200e6
    """autovacuum_freeze_max_age: every table is read whole when so many transactions have passed."""
    least_freeze_days: float = 7.0
    """No more often than that, please."""
    partition_gb: float = 500.0
    refresh_s: float = 300.0
    """Analytics are refreshed every five minutes (workflows/gateway.py)."""
    mailboxes: float = 1000.0
    """That one sender keeps in good standing: some 250 domains."""
    inboxes_per_worker: int = 1000
    api_cpu_ms_per_request: float = 10.0


@dataclass(frozen=True)
class CloudPrices:
    """Temporal Cloud, pay as you go, in US dollars, as published at docs.temporal.io/cloud/pricing and .../actions in
    November 2026. Beyond 200 million actions a month the list says to ask: the last price is taken, an upper bound."""

    tiers: tuple[tuple[float, float], ...] = (
        (5e6, 50.0),
        (10e6, 45.0),
        (20e6, 40.0),
        (50e6, 35.0),
        (100e6, 30.0),
        (float("inf"), 25.0),
    )
    """Up to so many actions a month, so much for a million of them."""
    active_gb_hour: float = 0.042
    retained_gb_hour: float = 0.00105
    plan_share: float = 0.10
    least_plan: float = 500.0
    fairness_share: float = 0.1
    """Actions for each action of a namespace in which fairness is on: the worker's keys are tenants."""
    heartbeats_per_mailbox_hour: float = HOUR_S / 24
    """Of a watched inbox: the SDK sends one when 80 % of the heartbeat timeout (30 s) have passed."""
