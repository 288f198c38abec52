"""analytics.sql. Its views are read by db/queries/analytics.py."""

from dataclasses import dataclass
from typing import Any

from db.calls.sql_call import SqlCall
from db.session import Database


@dataclass(frozen=True, kw_only=True)
class RefreshSequencePerformance(SqlCall[bool], function="refresh_sequence_performance"):
    """Counts all sequences of all tenants again. False: another refresh is under way."""

    def read(self, answer: Any) -> bool:
        return bool(answer)


async def refresh_performance(database: Database) -> bool:
    """Runs RefreshSequencePerformance in a transaction of its own."""
    return await RefreshSequencePerformance().alone(database)
