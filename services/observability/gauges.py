"""Gauges of the whole installation. A scrape reads them from Postgres, at most once within a few seconds."""

import asyncio
import logging
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from db.queries.gauges import Gauges, read_gauges
from db.session import Database

log = logging.getLogger(__name__)

KEPT_SECONDS = 10.0
PATIENCE_SECONDS = 2.0


class GaugesCollector(Collector):
    """A gauge that Postgres does not answer in time is left out. An old value is never repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._asking = asyncio.Lock()
        self._asked_at: float | None = None
        self._gauges: Gauges | None = None

    async def scrape(self) -> bytes:
        """The gauges in Prometheus' text format."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if self._asked_at is None or now >= self._asked_at + KEPT_SECONDS:
                self._gauges = await self._ask()
                self._asked_at = now if self._gauges else None
        return generate_latest(self._registry)

    async def _ask(self) -> Gauges | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await read_gauges(self._database)
        except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
            log.warning("gauges could not be read: %s", type(error).__name__)
            return None

    def collect(self) -> Iterator[Metric]:
        told = self._gauges
        yield _one("gauges_readable", "1 if Postgres answered what follows.", told is not None)
        if told is None:
            return
        yield _one("outbox_rows", "Outbox rows that Temporal is yet to be told.", told.outbox.rows)
        yield _one("outbox_oldest_seconds", "Age of the oldest of them.", told.outbox.oldest_seconds)
        yield _one("steps_due", "Steps that are due and not performed yet.", told.steps.due)
        yield _one("steps_lag_seconds", "How late the latest of them is.", told.steps.lag_seconds)
        yield _one("steps_failing", "Steps that failed and are tried again.", told.steps.failing)
        yield _one("send_slots_held", "Send slots that enrollments sleep until.", told.slots_held)
        yield _by("mailboxes", "Mailboxes; some of either state are failing.", "state", told.mailboxes)
        yield _by("enrollments", "Live enrollments, as last counted.", "status", told.enrollments)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"cadenza_{name}", words, value)


def _by(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"cadenza_{name}", words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
