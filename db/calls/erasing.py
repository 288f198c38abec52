"""erasing.sql"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall


@dataclass(frozen=True, kw_only=True)
class EraseLead(SqlCall[bool], function="erase_lead"):
    """Deletes the lead and all that refers to it; anonymous numbers stay. Whether there was such a lead."""

    tenant_id: UUID
    lead_id: UUID

    def read(self, answer: Any) -> bool:
        return bool(answer)
