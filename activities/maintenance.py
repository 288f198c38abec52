"""The activities that run on a schedule, for all tenants. Several workers at once do no harm: one works."""

from datetime import timedelta

from temporalio import activity

from db.queries import analytics, idempotency
from db.queries.enrollments import execution_log
from db.queries.webhooks import deliveries as webhook_deliveries
from db.session import Database
from domain.engine.contracts import LogMaintained
from services.sequences.variants import decide_all_winners
from workflows.contracts import ActivityNames

MONTHS_AHEAD = 3
WEBHOOKS_KEPT = timedelta(days=30)
# Mail that was handed over is told from a replay by them, too.
ANSWERS_KEPT = timedelta(days=30)


class MaintenanceActivities:
    def __init__(self, database: Database, log_retention_months: int) -> None:
        """`log_retention_months` whole months of the log are kept before the present one; 0 keeps all."""
        self._database = database
        self._log_retention_months = log_retention_months

    @activity.defn(name=ActivityNames.ANALYTICS_REFRESH)
    async def refresh_analytics(self) -> bool:
        return await analytics.refresh_performance(self._database)

    @activity.defn(name=ActivityNames.WINNERS_DECIDE)
    async def decide_winners(self) -> int:
        return await decide_all_winners(self._database)

    @activity.defn(name=ActivityNames.LOG_MAINTAIN)
    async def maintain_log(self) -> LogMaintained:
        answer = await execution_log.maintain(
            self._database, months_ahead=MONTHS_AHEAD, keep_months=self._log_retention_months
        )
        await webhook_deliveries.forget_old(self._database, WEBHOOKS_KEPT)
        await idempotency.forget_old(self._database, ANSWERS_KEPT)
        return LogMaintained.model_validate(answer)
