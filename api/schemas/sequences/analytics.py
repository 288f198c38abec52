"""Response shapes of analytics and the execution log."""

from typing import Any
from uuid import UUID

from api.schemas.common import Moment, Shape
from db.queries.analytics import BranchCount, DayCounts, EmailCounts, Performance, StepRow
from db.queries.enrollments.execution_log import Execution
from services.analytics.performance import Analytics, FunnelStep, StepVariants, VariantCounts
from services.enrollments.execution_log import Executions


class AnalyticsTotals(Shape):
    """Totals since the sequence was created. `active` includes enrollments that wait for their first step; `stopped` is
    counted by reason. Opens and clicks are those of people, each counted once per email."""

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
    """Between 0 and 1. `open`, `click` and `reply` are shares of the emails sent; `bounce` of the emails sent and
    refused; `completion` of the leads enrolled. Null if the divisor is 0."""

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
    """`reached`: leads that ever came to the step; `here_now`: leads at the step now. A step that was `removed` from
    the sequence is listed at the end while it has a history. `outcomes`: how often a condition took each branch."""

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
    def of(cls, funnel_step: FunnelStep) -> "FunnelStepResponse":
        emails = funnel_step.emails
        return cls(
            **_named(funnel_step.step),
            position=funnel_step.step.position,
            type=funnel_step.step.type,
            reached=funnel_step.counts.reached,
            here_now=funnel_step.counts.here_now,
            sent=emails.sent,
            opened=emails.opened,
            clicked=emails.clicked,
            replied=emails.replied,
            bounced=emails.bounced,
            outcomes=[BranchTaken.of(branch) for branch in funnel_step.branches],
        )


class VariantResponse(Shape):
    """`probability_best` is null for a variant that is no longer sent: it was removed, or has weight 0."""

    name: str
    sent: int
    opened: int
    clicked: int
    replied: int
    reply_rate: float | None
    probability_best: float | None

    @classmethod
    def of(cls, variant: VariantCounts) -> "VariantResponse":
        emails: EmailCounts = variant.emails
        return cls(
            name=variant.name,
            sent=emails.sent,
            opened=emails.opened,
            clicked=emails.clicked,
            replied=emails.replied,
            reply_rate=_rate(emails.replied, emails.sent),
            probability_best=variant.probability_best,
        )


class StepVariantsResponse(Shape):
    """An email step with variants. `winner` has the highest reply rate with at least `required_certainty`, once every
    variant was sent `min_sample` times; `certainty` is the probability that it is the best. `decided_at`: since when
    all leads are sent the winner (`auto_winner`); null while nothing is decided."""

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
    def of(cls, compared: StepVariants) -> "StepVariantsResponse":
        return cls(
            **_named(compared.step),
            results=[VariantResponse.of(one) for one in compared.results],
            winner=compared.winner,
            certainty=compared.certainty,
            statistic=compared.statistic,
            min_sample=compared.asked.min_sample,
            required_certainty=compared.asked.certainty,
            decided_at=compared.decided_at,
        )


class AnalyticsResponse(Shape):
    """`totals`, `rates`, `funnel` and `variants` cover the sequence since its creation. `daily` covers the days asked
    for, without days on which nothing happened. `machine_opens` and `machine_clicks` count emails that a prefetching
    mail client or a scanner opened; they do not affect rates. All values are those of `as_of`."""

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
