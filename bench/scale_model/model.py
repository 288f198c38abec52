"""The model: computes what a number of leads in flight needs, from the cost of one lead and assumptions. Pure
functions; names contain the units."""

import math
from dataclasses import dataclass

from bench.scale_model.assumptions import HOUR_S, MONTH_DAYS, Capacity, CloudPrices, LeadPattern
from bench.scale_model.costs import LeadCost, database_bytes

GB = 1e9
WEEK_DAYS = 7.0
MILLION = 1e6


@dataclass(frozen=True)
class Flow:
    """Rates of leads, emails and steps."""

    leads_in_flight: float
    leads_per_day: float
    leads_per_month: float
    leads_peak_s: float
    """Leads finished per second in the busiest hour. As many are started per second."""
    emails_per_window_day: float
    emails_peak_s: float
    steps_due_monday: float
    """Steps that became due since Friday evening and may all be performed from Monday 9:00."""


@dataclass(frozen=True)
class Temporal:
    transitions_peak_s: float
    shards_by_rate: float
    shards_by_workflows: float
    shards: int
    """A power of two. It is fixed when the cluster is created."""
    open_gb: float
    closed_gb: float
    timers_monday_s: float
    """Timers per second if Monday's steps are all due in the minute after nine, as without limits of mailboxes."""


@dataclass(frozen=True)
class Cloud:
    actions_per_month: float
    heartbeats_per_month: float
    usd_per_month: float
    usd_per_1000_leads: float


@dataclass(frozen=True)
class Postgres:
    in_flight_gb: float
    kept_gb: float
    log_rows_per_month: float
    log_partition_gb: float
    commits_peak_s: float
    transactions_per_day: float
    freeze_days: float
    """Days between two complete reads of every table to freeze rows."""
    dead_rows_per_day: float
    wal_mb_peak_s: float
    refresh_s: float
    """Seconds to refresh analytics over all stored enrollments."""


@dataclass(frozen=True)
class Processes:
    worker_cores: float
    workers: int
    temporal_cores: float
    postgres_cores: float
    api_cores: float
    apis: int
    inbox_workers: int
    connections: int
    monday_minutes: float
    """Minutes until Monday's steps are done by the workers planned for the busiest hour, if no limit spreads the
    steps."""


@dataclass(frozen=True)
class Prediction:
    flow: Flow
    temporal: Temporal
    cloud: Cloud
    postgres: Postgres
    mailboxes: int
    processes: Processes


def predict(
    leads_in_flight: float,
    cost: LeadCost | None = None,
    shape: LeadPattern | None = None,
    capacity: Capacity | None = None,
    prices: CloudPrices | None = None,
) -> Prediction:
    cost, shape = cost or LeadCost(), shape or LeadPattern()
    capacity, prices = capacity or Capacity(), prices or CloudPrices()
    moving = flow(leads_in_flight, cost, shape)
    mailboxes = math.ceil(moving.emails_per_window_day / shape.emails_per_mailbox_day)
    return Prediction(
        moving,
        temporal(moving, cost, shape, capacity),
        cloud(moving, mailboxes, cost, shape, prices),
        postgres(moving, cost, shape, capacity),
        mailboxes,
        processes(moving, mailboxes, cost, shape, capacity),
    )


def flow(leads_in_flight: float, cost: LeadCost, shape: LeadPattern) -> Flow:
    per_day = leads_in_flight / shape.days_in_flight
    window_s_per_week = shape.window_days_per_week * shape.window_hours * HOUR_S
    peak_s = per_day * WEEK_DAYS / window_s_per_week * shape.busiest_hour
    closed_days = WEEK_DAYS - shape.window_days_per_week + (24 - shape.window_hours) / 24
    return Flow(
        leads_in_flight=leads_in_flight,
        leads_per_day=per_day,
        leads_per_month=per_day * MONTH_DAYS,
        leads_peak_s=peak_s,
        emails_per_window_day=per_day * cost.emails * WEEK_DAYS / shape.window_days_per_week,
        emails_peak_s=peak_s * cost.emails,
        steps_due_monday=per_day * cost.effects * closed_days,
    )


def temporal(moving: Flow, cost: LeadCost, shape: LeadPattern, capacity: Capacity) -> Temporal:
    transitions = moving.leads_peak_s * cost.state_transitions
    by_rate = transitions / capacity.transitions_per_shard_s
    by_workflows = moving.leads_in_flight / capacity.workflows_per_shard
    return Temporal(
        transitions_peak_s=transitions,
        shards_by_rate=by_rate,
        shards_by_workflows=by_workflows,
        shards=power_of_two(max(by_rate, by_workflows, capacity.least_shards)),
        open_gb=moving.leads_in_flight * cost.open_workflow_bytes / GB,
        closed_gb=moving.leads_per_day * shape.temporal_retention_days * cost.closed_workflow_bytes / GB,
        timers_monday_s=moving.steps_due_monday / 60,
    )


def cloud(moving: Flow, mailboxes: int, cost: LeadCost, shape: LeadPattern, prices: CloudPrices) -> Cloud:
    heartbeats = mailboxes * prices.heartbeats_per_mailbox_hour * 24 * MONTH_DAYS
    leads = moving.leads_per_month * (cost.actions + shape.signals_per_lead)
    actions = (leads + heartbeats) * (1 + prices.fairness_share)
    hours = 24 * MONTH_DAYS
    # On average a lead in flight has half of its history.
    active_gb = moving.leads_in_flight * cost.history_bytes / 2 / GB
    retained_gb = moving.leads_per_day * shape.temporal_retention_days * cost.history_bytes / GB
    storage = hours * (active_gb * prices.active_gb_hour + retained_gb * prices.retained_gb_hour)
    usage = actions_usd(actions, prices) + storage
    total = usage + max(prices.least_plan, prices.plan_share * usage)
    return Cloud(actions, heartbeats, total, total / moving.leads_per_month * 1000)


def actions_usd(actions: float, prices: CloudPrices) -> float:
    """Returns the price of one month's actions in US dollars, each tier at its price."""
    total, begun = 0.0, 0.0
    for up_to, usd_per_million in prices.tiers:
        total += max(0.0, min(actions, up_to) - begun) / MILLION * usd_per_million
        begun = up_to
    return total


def postgres(moving: Flow, cost: LeadCost, shape: LeadPattern, capacity: Capacity) -> Postgres:
    rows = {**cost.rows, "lead_engagement": shape.engagement_rows_per_lead}
    per_lead = database_bytes(rows, cost.bytes_per_row)
    log_rows = cost.rows["sequence_execution_log"]
    log_bytes = database_bytes({"sequence_execution_log": log_rows}, cost.bytes_per_row)
    kept = moving.leads_per_month * shape.data_months
    per_day = moving.leads_per_day * cost.transactions
    return Postgres(
        in_flight_gb=moving.leads_in_flight * per_lead / GB,
        kept_gb=(kept * (per_lead - log_bytes) + moving.leads_per_month * shape.log_months * log_bytes) / GB,
        log_rows_per_month=moving.leads_per_month * log_rows,
        log_partition_gb=moving.leads_per_month * log_bytes / GB,
        commits_peak_s=moving.leads_peak_s * cost.transactions,
        transactions_per_day=per_day,
        freeze_days=capacity.freeze_max_age / per_day,
        dead_rows_per_day=moving.leads_per_day * (cost.updated_rows + cost.deleted_rows),
        wal_mb_peak_s=moving.leads_peak_s * cost.wal_bytes / MILLION,
        refresh_s=(moving.leads_in_flight + kept) / MILLION * cost.refresh_s_per_million_enrollments,
    )


def processes(moving: Flow, mailboxes: int, cost: LeadCost, shape: LeadPattern, capacity: Capacity) -> Processes:
    def cores(ms: float) -> float:
        return moving.leads_peak_s * ms / 1000 / capacity.core_share

    api = cores(shape.api_requests_per_lead * capacity.api_cpu_ms_per_request)
    workers, apis = math.ceil(cores(cost.worker_cpu_ms)), math.ceil(api)
    steps_s = moving.leads_peak_s * cost.effects / capacity.core_share
    return Processes(
        worker_cores=cores(cost.worker_cpu_ms),
        workers=workers,
        temporal_cores=cores(cost.temporal_cpu_ms),
        postgres_cores=cores(cost.postgres_cpu_ms),
        api_cores=api,
        apis=apis,
        inbox_workers=math.ceil(mailboxes / capacity.inboxes_per_worker),
        connections=(workers + apis) * capacity.connections_per_process,
        monday_minutes=moving.steps_due_monday / steps_s / 60,
    )


def power_of_two(least: float) -> int:
    return 2 ** math.ceil(math.log2(least))


@dataclass(frozen=True)
class Limit:
    """`used`: share of the capacity with default settings. Above 1 the remedy `lever` is needed."""

    name: str
    used: float
    lever: str


def limits(one: Prediction, capacity: Capacity | None = None) -> list[Limit]:
    """Returns the limits, most exceeded first."""
    capacity = capacity or Capacity()
    pg, needed = one.postgres, one.processes
    shards, commits = one.temporal.shards / capacity.least_shards, pg.commits_peak_s / capacity.postgres_commits_s
    found = [
        Limit("mailboxes of one sender", one.mailboxes / capacity.mailboxes, "more senders, fewer leads in flight"),
        Limit("inbox watchers: one process", one.mailboxes / capacity.inboxes_per_worker, "mail by webhook, processes"),
        Limit("analytics: refresh of all enrollments", pg.refresh_s / capacity.refresh_s, "count only what moved"),
        Limit("Postgres: commits a second", commits, "tenants over several servers"),
        Limit("Postgres: whole tables read to freeze", capacity.least_freeze_days / pg.freeze_days, "freeze_max_age"),
        Limit("Postgres: the log's partition", pg.log_partition_gb / capacity.partition_gb, "weeks instead of months"),
        Limit("Postgres: connections", needed.connections / capacity.postgres_connections, "PgBouncer"),
        Limit("Temporal: history shards", shards, "chosen when the cluster is made"),
        Limit("worker: one process", needed.worker_cores, "more processes"),
        Limit("API: one process", needed.api_cores, "more processes"),
    ]
    return sorted(found, key=lambda limit: -limit.used)
