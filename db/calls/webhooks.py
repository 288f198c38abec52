"""webhooks.sql"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.sql.functions import Function

from db.calls.sql_call import SqlCall


def new_webhook_secret() -> Function[str]:
    """SQL expression: a new signing secret, for a statement of SQLAlchemy."""
    return func.new_webhook_secret()


@dataclass(frozen=True, kw_only=True)
class ClaimWebhookDeliveries(SqlCall[None], function="claim_webhook_deliveries", select="SELECT * FROM {call}"):
    """Claims due deliveries, oldest first. The caller must settle each one."""

    tenant_id: UUID
    limit: int
    lease: timedelta
