"""How a sequence performs, and what was done to its leads."""

from typing import Any
from uuid import UUID

from api.schemas.common import Moment, Shape
from db.queries.analytics import BranchCount, DayCounts, EmailCounts, Performance, StepRow
from db.queries.enrollments.execution_log import Execution
from services.analytics.performance import Analytics, FunnelStep, StepVariants, VariantCounts
from services.enrollments.execution_log import Executions


class AnalyticsTotals(Shape):
    """Of the sequence's whole life. `active` holds those that wait for their first step, too; `stopped` counts by
    reason. Opens and clicks are a person's; each deed counts once for each email, however often it was done."""

    enrolled: int
    active: int
    paused: int
    completed: int
    stopped: dict[str, int]
    failed: int
    emails_sent: int
    emails_opened: int
    emails_clicked: int
    emails_replied: int
    emails_bounced: int
    emails_unsubscribed: int

    @classmethod
    def of(cls, found: Performance) -> "AnalyticsTotals":
        values = {field: getattr(found, field) for field in cls.model_fields if field not in ("active", "stopped")}
        return cls(**values, active=found.pending + found.active, stopped=found.stopped_by_reason)


class AnalyticsRates(Shape):
    """Between 0 and 1. `open`, `click` and `reply` are of the emails sent, `bounce` of those and the ones refused,
    `completion` of the leads enrolled. Null where there is nothing to divide by."""

    open: float | None
    click: float | None
    reply: float | None
    bounce: float | None
    completion: float | None

    @classmethod
    def of(cls, found: Performance) -> "AnalyticsRates":
        return cls(
            open=_rate(found.emails_opened, found.emails_sent),
            click=_rate(found.emails_clicked, found.emails_sent),
            reply=_rate(found.emails_replied, found.emails_sent),
            bounce=_rate(found.emails_bounced, found.emails_attempted),
            completion=_rate(found.completed, found.enrolled),
        )


class BranchTaken(Shape):
    """`branch`: `branches[0]`, ... or `else`; `outcome`: where it led."""

    branch: str | None
    outcome: dict[str, Any] | None
    count: int

    @classmethod
    def of(cls, counted: BranchCount) -> "BranchTaken":
        return cls(branch=counted.branch, outcome=counted.outcome, count=counted.count)


class FunnelStepResponse(Shape):
    """`reached`: leads that ever came to the step; `here_now`: those that stand at it. A step that was `removed` from
    the sequence is told as long as it has a history, at the end. `outcomes`: which way a condition went."""

    step_id: UUID
    key: str
    name: str
    type: str
    position: int | None
    removed: bool
    reached: int
    here_now: int
    sent: int
    opened: int
    clicked: int
    replied: int
    bounced: int
    outcomes: list[BranchTaken]

    @classmethod
    def of(cls, told: FunnelStep) -> "FunnelStepResponse":
        emails = told.emails
        return cls(
            **_named(told.step),
            position=told.step.position,
            type=told.step.type,
            reached=told.counts.reached,
            here_now=told.counts.here_now,
            sent=emails.sent,
            opened=emails.opened,
            clicked=emails.clicked,
            replied=emails.replied,
            bounced=emails.bounced,
            outcomes=[BranchTaken.of(branch) for branch in told.branches],
        )


class VariantResponse(Shape):
    """`probability_best` is null for a variant that nobody is sent any more: it was taken away, or has weight 0."""

    name: str
    sent: int
    opened: int
    clicked: int
    replied: int
    reply_rate: float | None
    probability_best: float | None

    @classmethod
    def of(cls, told: VariantCounts) -> "VariantResponse":
        emails: EmailCounts = told.emails
        return cls(
            name=told.name,
            sent=emails.sent,
            opened=emails.opened,
            clicked=emails.clicked,
            replied=emails.replied,
            reply_rate=_rate(emails.replied, emails.sent),
            probability_best=told.probability_best,
        )


class StepVariantsResponse(Shape):
    """An email step with variants. `winner` has the highest reply rate with at least `required_certainty`, after every
    variant was sent `min_sample` times; `certainty` is how sure that is. `decided_at`: since when everybody is sent
    the winner (`auto_winner`); null while nothing was decided."""

    step_id: UUID
    key: str
    name: str
    removed: bool
    results: list[VariantResponse]
    winner: str | None
    certainty: float | None
    statistic: str
    min_sample: int
    required_certainty: float
    decided_at: Moment | None

    @classmethod
    def of(cls, told: StepVariants) -> "StepVariantsResponse":
        return cls(
            **_named(told.step),
            results=[VariantResponse.of(one) for one in told.results],
            winner=told.winner,
            certainty=told.certainty,
            statistic=told.statistic,
            min_sample=told.asked.min_sample,
            required_certainty=told.asked.certainty,
            decided_at=told.decided_at,
        )


class AnalyticsResponse(Shape):
    """`totals`, `rates`, `funnel` and `variants` are of the sequence's whole life; `daily` is of the days asked for,
    without those on which nothing happened. `machine_opens`, `machine_clicks`: emails that a mail client's prefetch or
    a scanner opened; they move no rate. All of it is true as of `as_of`."""

    sequence_id: UUID
    as_of: Moment
    totals: AnalyticsTotals
    rates: AnalyticsRates
    machine_opens: int
    machine_clicks: int
    funnel: list[FunnelStepResponse]
    variants: list[StepVariantsResponse]
    daily: list[DayCounts]

    @classmethod
    def of(cls, found: Analytics) -> "AnalyticsResponse":
        performance = found.performance
        return cls(
            sequence_id=found.sequence_id,
            as_of=found.as_of,
            totals=AnalyticsTotals.of(performance),
            rates=AnalyticsRates.of(performance),
            machine_opens=performance.machine_opens,
            machine_clicks=performance.machine_clicks,
            funnel=[FunnelStepResponse.of(step) for step in found.funnel],
            variants=[StepVariantsResponse.of(step) for step in found.variants],
            daily=list(found.daily),
        )


class ExecutionResponse(Shape):
    """A row of the execution log. `at` is on the enrollment's own clock."""

    id: str
    at: Moment
    event: str
    step_id: UUID | None
    step_key: str | None
    enrollment_id: UUID
    lead_id: UUID
    lead_email: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, row: Execution, found: Executions) -> "ExecutionResponse":
        return cls(
            id=str(row.id),
            at=row.at,
            event=row.event,
            step_id=row.step_id,
            step_key=found.step_keys.get(row.step_id) if row.step_id else None,
            enrollment_id=row.enrollment_id,
            lead_id=row.lead_id,
            lead_email=row.lead_email,
            detail=row.detail,
        )


def _named(step: StepRow) -> dict[str, Any]:
    return {"step_id": step.id, "key": step.key, "name": step.name, "removed": step.removed}


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
