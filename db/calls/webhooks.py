"""webhooks.sql"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.sql.functions import Function

from db.calls.sql_call import SqlCall


def new_webhook_secret() -> Function[str]:
    """SQL: a new signing secret, for a statement of SQLAlchemy."""
    return func.new_webhook_secret()


@dataclass(frozen=True, kw_only=True)
class ClaimWebhookDeliveries(SqlCall[None], function="claim_webhook_deliveries", select="SELECT * FROM {call}"):
    """Deliveries that are due, the oldest first. Whoever claims one settles it."""

    tenant_id: UUID
    limit: int
    lease: timedelta
