"""The measured cost of one lead in cold-outreach. Each figure names the command that measured it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class LeadCost:
    """The cost of one lead that goes through cold-outreach and does not reply."""

    # python -m bench.cost: counts, which do not depend on the machine.
    actions: int = 7
    history_events: int = 39
    history_bytes: int = 7_663
    round_trips_per_email: int = 4
    # From that history: a start, 7 workflow tasks and 4 activities (each started and completed), 2 timers fired.
    state_transitions: int = 25
    emails: int = 3
    effects: int = 4
    """Steps that a worker performs: emails and actions."""

    # python -m bench.scale_model --check --leads 200 (2026-11-25)
    rows: Mapping[str, float] = field(default_factory=lambda: ROWS_PER_LEAD)
    bytes_per_row: Mapping[str, float] = field(default_factory=lambda: BYTES_PER_ROW)
    transactions: float = 10.4
    updated_rows: float = 16.25
    hot_updates: float = 4.8
    deleted_rows: float = 1.0
    wal_bytes: float = 29_500.0
    open_workflow_bytes: float = 24_500.0
    closed_workflow_bytes: float = 28_500.0

    # The worker's: python -m bench.throughput. The others: from the same check, with much other load on the two cores,
    # so only the order of magnitude is right.
    worker_cpu_ms: float = 39.5
    temporal_cpu_ms: float = 104.0
    postgres_cpu_ms: float = 25.9

    # python -m bench.analytics: a refresh counts all enrollments.
    refresh_s_per_million_enrollments: float = 18.4


ROWS_PER_LEAD: Mapping[str, float] = MappingProxyType(
    {
        "leads": 1,
        "lead_sequence_state": 1,
        "messages": 3,
        "send_slots": 3,
        "sequence_execution_log": 10,
    }
)
"""Without replies, opens and clicks, which are rows in `lead_engagement`."""

BYTES_PER_ROW: Mapping[str, float] = MappingProxyType(
    {
        "leads": 696.0,
        "lead_sequence_state": 1142.0,
        "messages": 994.0,
        "send_slots": 313.0,
        "sequence_execution_log": 475.0,
        "lead_engagement": 785.0,
        "campaign_leads": 403.0,
        "idempotency_keys": 1560.0,
    }
)
"""Table and indexes together, including dead rows that autovacuum had not removed. Measured as the bytes per additional
row between two runs of bench.soak (90 and 761 leads, 2026-11-25)."""

FIRST_PAGES_BYTES = 1.5e6
"""Bytes independent of the number of leads: first pages of tables and indexes, batches, versions, statistics."""


def database_bytes(rows: Mapping[str, float], bytes_per_row: Mapping[str, float] = BYTES_PER_ROW) -> float:
    """Returns the bytes of the given numbers of rows. Tables without a known size count as 0."""
    return sum(count * bytes_per_row.get(table, 0.0) for table, count in rows.items())


def grown_bytes(rows: Mapping[str, float]) -> float:
    """Returns the growth of an empty database in bytes."""
    return FIRST_PAGES_BYTES + database_bytes(rows)
