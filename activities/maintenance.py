"""Scheduled activities for all tenants. They may run on several workers at once: only one does the work."""

from datetime import timedelta

from temporalio import activity

from db.calls.access import ForgetOldAnswers, ForgetOldWebhooks
from db.calls.analytics import refresh_performance
from db.calls.log import MaintainExecutionLog
from db.session import Database
from domain.engine.contracts import LogMaintained
from services.sequences.variants import decide_all_winners
from workflows.contracts import ActivityNames

MONTHS_AHEAD = 3
WEBHOOKS_KEPT = timedelta(days=30)
# Stored answers also identify mail that is delivered again.
ANSWERS_KEPT = timedelta(days=30)


class MaintenanceActivities:
    def __init__(self, database: Database, log_retention_months: int) -> None:
        """Before the present month, `log_retention_months` whole months of the log are kept; 0 keeps all."""
        self._database = database
        self._log_retention_months = log_retention_months

    @activity.defn(name=ActivityNames.ANALYTICS_REFRESH)
    async def refresh_analytics(self) -> bool:
        return await refresh_performance(self._database)

    @activity.defn(name=ActivityNames.WINNERS_DECIDE)
    async def decide_winners(self) -> int:
        return await decide_all_winners(self._database)

    @activity.defn(name=ActivityNames.LOG_MAINTAIN)
    async def maintain_log(self) -> LogMaintained:
        maintain = MaintainExecutionLog(months_ahead=MONTHS_AHEAD, keep_months=self._log_retention_months)
        answer = await maintain.alone(self._database)
        await ForgetOldWebhooks(older_than=WEBHOOKS_KEPT).alone(self._database)
        await ForgetOldAnswers(older_than=ANSWERS_KEPT).alone(self._database)
        return LogMaintained.model_validate(answer)
