"""Assumptions that cannot be measured: how leads are spread over time, the capacity of each component, prices."""

from dataclasses import dataclass

HOUR_S = 3600.0
MONTH_DAYS = 30.0


@dataclass(frozen=True)
class LeadPattern:
    """The flow of leads. A lead is in cold-outreach for seven days of delays and one day for windows and slots."""

    days_in_flight: float = 8.0
    window_days_per_week: float = 5.0
    window_hours: float = 8.0
    """Emails are sent Monday to Friday, 9 to 17."""
    busiest_hour: float = 2.0
    """Load of the busiest hour, as a multiple of the window's average hour."""
    emails_per_mailbox_day: float = 50.0
    engagement_rows_per_lead: float = 1.5
    """Opens, clicks, replies."""
    api_requests_per_lead: float = 2.0
    signals_per_lead: float = 0.15
    """Replies, unsubscribes, pauses, edits."""
    temporal_retention_days: float = 30.0
    log_months: float = 12.0
    data_months: float = 12.0
    """How long leads and their messages are kept."""


@dataclass(frozen=True)
class Capacity:
    """The capacity of one instance of each component, from which the number of instances follows."""

    workflows_per_shard: float = 20_000.0
    # Temporal's documentation, "History shard": tens of thousands of executions each, one write at a time each.
    transitions_per_shard_s: float = 50.0
    """A write takes 10 ms, and a shard is busy half of the time."""
    least_shards: int = 512
    core_share: float = 0.6
    """Share of a core that a process may use in the busiest hour."""
    postgres_commits_s: float = 10_000.0
    """One primary server with its write-ahead log on a fast disk."""
    connections_per_process: int = 20
    """Connections in use at once. The pools of a process may open 60 (db/session.py)."""
    postgres_connections: int = 200
    freeze_max_age: float = 200e6
    """autovacuum_freeze_max_age: after this many transactions every table is read completely."""
    least_freeze_days: float = 7.0
    """The shortest acceptable interval between two such reads."""
    partition_gb: float = 500.0
    refresh_s: float = 300.0
    """Analytics are refreshed every five minutes (workflows/gateway.py)."""
    mailboxes: float = 1000.0
    """Mailboxes whose reputation one sender can maintain: about 250 domains."""
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
    """Up to this number of actions a month, the price of a million actions."""
    active_gb_hour: float = 0.042
    retained_gb_hour: float = 0.00105
    plan_share: float = 0.10
    least_plan: float = 500.0
    fairness_share: float = 0.1
    """Additional actions for each action of a namespace with fairness, which the workers use with tenants as keys."""
    heartbeats_per_mailbox_hour: float = HOUR_S / 24
    """Heartbeats of a watched inbox: the SDK sends one after 80 % of the heartbeat timeout (30 s)."""
