"""analytics.sql; its views are read by db/queries/analytics.py."""

from dataclasses import dataclass
from typing import Any

from db.calls.sql_call import SqlCall
from db.session import Database


@dataclass(frozen=True, kw_only=True)
class RefreshSequencePerformance(SqlCall[bool], function="refresh_sequence_performance"):
    """Counts every sequence anew, for all tenants. False when somebody else is doing so."""

    def read(self, answer: Any) -> bool:
        return bool(answer)


async def refresh_performance(database: Database) -> bool:
    """RefreshSequencePerformance by itself."""
    return await RefreshSequencePerformance().alone(database)
