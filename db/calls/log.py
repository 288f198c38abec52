"""log.sql: the months of the execution log."""

from dataclasses import dataclass
from typing import Any

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class MaintainExecutionLog(SqlCall[dict[str, Any]], function="maintain_execution_log"):
    """Makes this month's partition and those ahead, drops those older than `keep_months` (0 keeps all).

    Answers `made` and `dropped` months, and `rows_deleted` of months that had no partition.
    """

    months_ahead: int
    keep_months: int
