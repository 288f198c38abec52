"""log.sql: the monthly partitions of the execution log."""

from dataclasses import dataclass
from typing import Any

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class MaintainExecutionLog(SqlCall[dict[str, Any]], function="maintain_execution_log"):
    """Creates the partitions of this month and the next ones, and drops those older than `keep_months` (0 keeps all).

    Answers the months that were `made` and `dropped`, and `rows_deleted` of months without a partition of their own.
    """

    months_ahead: int
    keep_months: int
