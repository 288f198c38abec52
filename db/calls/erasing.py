"""erasing.sql"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class EraseLead(SqlCall[bool], function="erase_lead"):
    """Deletes the lead and everything that refers to it, except anonymous figures. Answers whether the lead existed."""

    tenant_id: UUID
    lead_id: UUID

    def read(self, answer: Any) -> bool:
        return bool(answer)
