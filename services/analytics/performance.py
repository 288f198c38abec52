"""The performance of a sequence: totals, rates, funnel, variants, days.

A small sequence is counted on request. A large one is read from the materialized view, as of its last refresh
(`as_of`). The limit is what counting may cost; docs/analytics.md has the measurements.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from db.queries import analytics as queries
from db.queries.analytics import BranchCount, DayCounts, EmailCounts, Performance, Replies, StepCounts, StepRow
from db.session import ReadSession
from domain.errors import FieldError, Invalid
from domain.sequences.steps.email import AutoWinner
from domain.sequences.variants import STATISTIC, VariantResult, probability_best, winner
from services.not_found import no_sequence

COUNTED_LIVE = 500
"""A sequence with at most this many enrollments is counted on request."""
LISTED_LIVE = 2_000
"""A list of sequences counts at most this many enrollments, beginning with the smallest sequences."""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    step: StepRow
    counts: StepCounts
    emails: EmailCounts
    branches: Sequence[BranchCount]


@dataclass(frozen=True, slots=True)
class VariantCounts:
    """`probability_best` is None for a variant that no lead is sent any more."""

    name: str
    emails: EmailCounts
    probability_best: float | None


@dataclass(frozen=True, slots=True)
class StepVariants:
    """The variants of one email step. `winner` was decided (`decided_at`), or would be by the present counts."""

    step: StepRow
    results: Sequence[VariantCounts]
    asked: AutoWinner
    winner: str | None
    certainty: float | None
    decided_at: datetime | None
    statistic: str = STATISTIC


@dataclass(frozen=True, slots=True)
class Analytics:
    sequence_id: UUID
    performance: Performance
    funnel: Sequence[FunnelStep]
    variants: Sequence[StepVariants]
    daily: Sequence[DayCounts]
    """The requested days. A day without events is left out."""

    @property
    def as_of(self) -> datetime:
        return self.performance.as_of


async def analytics(session: ReadSession, sequence_id: UUID, first: date | None, last: date | None) -> Analytics:
    """The sequence's whole life, and its days from `first` to `last` (UTC, both inclusive).

    Raises NotFound, and Invalid for a period that ends before it begins.
    """
    if first is not None and last is not None and first > last:
        detail = "the period ends before it begins"
        raise Invalid(detail, errors=[FieldError("to", "before_from", detail)])
    performance = await _performance(session, sequence_id)
    steps = await queries.steps(session, sequence_id)
    return Analytics(
        sequence_id=sequence_id,
        performance=performance,
        funnel=_funnel(performance, steps),
        variants=[told for step in steps if (told := _variants(step, performance)) is not None],
        daily=[
            day
            for day in performance.daily
            if (first is None or first <= day.date) and (last is None or day.date <= last)
        ],
    )


async def replies(session: ReadSession, enrolled: Mapping[UUID, int]) -> dict[UUID, Replies]:
    """For a list of sequences, given the number of enrollments of each: the same figures as `analytics`, in two
    statements for all. Of many middling sequences, the figures of the last refresh."""
    large, counted = list[UUID](), 0
    for sequence_id, count in sorted(enrolled.items(), key=lambda item: item[1]):
        counted += count
        if count > COUNTED_LIVE or counted > LISTED_LIVE:
            large.append(sequence_id)
    kept = await queries.kept_replies(session, large)
    return kept | await queries.live_replies(session, [one for one in enrolled if one not in kept])


async def _performance(session: ReadSession, sequence_id: UUID) -> Performance:
    found: Performance | None = None
    if await queries.size(session, sequence_id, COUNTED_LIVE + 1) > COUNTED_LIVE:
        found = await queries.kept_performance(session, sequence_id)
    # A sequence that has grown large since the last refresh is still counted, however long that takes.
    found = found or await queries.live_performance(session, sequence_id)
    if found is None:
        raise no_sequence(sequence_id)
    return found


def _funnel(performance: Performance, steps: Sequence[StepRow]) -> list[FunnelStep]:
    """The steps in order, then removed steps that have a history."""
    counts = {one.step_id: one for one in performance.steps}
    told = [
        FunnelStep(
            step=step,
            counts=counts.get(step.id) or StepCounts(step_id=step.id, reached=0, here_now=0),
            emails=_added(step.id, None, (one for one in performance.emails if one.step_id == step.id)),
            branches=sorted(
                (one for one in performance.branches if one.step_id == step.id),
                key=lambda one: (one.branch or "", str(one.outcome)),
            ),
        )
        for step in steps
    ]
    return [one for one in told if not one.step.removed or one.counts.reached or one.emails.attempted]


def _variants(step: StepRow, performance: Performance) -> StepVariants | None:
    """None for a step that never had variants."""
    sent = {one.variant: one for one in performance.emails if one.step_id == step.id and one.variant is not None}
    present = [str(variant["name"]) for variant in step.variants or []]
    names = [*present, *sorted(name for name in sent if name not in present)]
    if not names:
        return None
    emails = {name: sent.get(name) or _added(step.id, name, ()) for name in names}
    # A variant that no lead is sent (any more) does not compete.
    weighed = [str(variant["name"]) for variant in step.variants or [] if float(variant.get("weight", 1)) > 0]
    competing = [VariantResult(name, emails[name].sent, emails[name].replied) for name in weighed]
    chances = probability_best(competing)
    asked = AutoWinner.model_validate(step.auto_winner or {})
    decided = step.winner if step.winner in weighed else None
    best = decided or winner(competing, asked.min_sample, asked.certainty)
    certainty = step.certainty if decided else chances.get(best or "")
    results = [VariantCounts(name, emails[name], chances.get(name)) for name in names]
    return StepVariants(step, results, asked, best, certainty, step.decided_at if decided else None)


def _added(step_id: UUID, variant: str | None, counts: Iterable[EmailCounts]) -> EmailCounts:
    figures = dict.fromkeys(("sent", "attempted", "opened", "clicked", "replied", "bounced", "unsubscribed"), 0)
    for one in counts:
        for figure in figures:
            figures[figure] += getattr(one, figure)
    return EmailCounts(step_id=step_id, variant=variant, **figures)
