"""Response shapes of batches."""

from typing import Literal
from uuid import UUID

from api.schemas.common import Moment, Shape
from api.schemas.enrollments.forecast import ForecastResponse
from api.schemas.enrollments.steering import LeadSkipped
from services.batches.assigning import DryAssignment
from services.batches.progress import Progress

BatchStatus = Literal["accepted", "running", "done", "superseded", "failed"]


class BatchResponse(Shape):
    """An operation on many leads.

    Of `total` leads, `processed` have been handled. `accepted` of them were enrolled (or paused, resumed or stopped,
    depending on `kind`); the others were skipped, counted by reason in `skipped`. `started` of the accepted ones have
    been passed to Temporal. `forecast`, for a batch that enrolls: when its leads will have been sent their first email.
    `progress` goes from 0 to 1. `done`: nothing more will happen. `superseded`: a later command replaced it.
    """

    id: UUID
    kind: str
    status: BatchStatus
    sequence_id: UUID
    campaign_id: UUID | None
    total: int
    processed: int
    accepted: int
    started: int
    skipped: dict[str, int]
    progress: float
    done: bool
    error: str | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    forecast: ForecastResponse | None

    @classmethod
    def of(cls, progress: Progress) -> "BatchResponse":
        row = progress.row
        return cls(
            id=row.id,
            kind=row.kind,
            status=row.status,  # pyright: ignore[reportArgumentType]
            sequence_id=row.sequence_id,
            campaign_id=row.campaign_id,
            total=row.total,
            processed=row.processed,
            accepted=row.accepted,
            started=progress.started,
            skipped=row.skipped,
            progress=round(progress.share, 4),
            done=progress.done,
            error=row.error,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            forecast=ForecastResponse.model_validate(progress.forecast) if progress.forecast else None,
        )


class DryAssignmentResponse(Shape):
    """What assigning the sequence would do. `enrolled` and `skipped` list at most 10,000 leads each; `accepted` and
    `skipped_counts` count all of them."""

    total: int
    accepted: int
    enrolled: list[UUID]
    skipped_counts: dict[str, int]
    skipped: list[LeadSkipped]
    forecast: ForecastResponse | None

    @classmethod
    def of(cls, tried: DryAssignment) -> "DryAssignmentResponse":
        return cls(
            total=tried.total,
            accepted=tried.accepted,
            enrolled=tried.enrolled,
            skipped_counts=dict(tried.counts),
            skipped=[LeadSkipped.model_validate(skip) for skip in tried.skipped],
            forecast=ForecastResponse.model_validate(tried.forecast) if tried.forecast else None,
        )
