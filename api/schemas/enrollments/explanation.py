"""Response shapes of the explanation of an enrollment."""

from typing import Any
from uuid import UUID

from api.schemas.common import Moment, Shape
from domain.enrollments.status import EnrollmentStatus
from services.enrollments.explain import Explained


class ReasonResponse(Shape):
    """`code`: `ended`, `failed`, `paused`, `company_replied`, `sequence_paused`, `suppressed`, `not_started`,
    `not_told`, `out_of_office`, `waiting_for_event`, `waiting`, `no_mailbox`, `mailbox_unhealthy`, `mailbox_held`,
    `window`, `holiday`, `working_hours`, `daily_cap`, `hourly_cap`, `minimum_gap`, `retrying` or `due`. `binds` gives
    the details of the constraint."""

    code: str
    detail: str
    binds: dict[str, Any]


class ExplanationResponse(Shape):
    """`reason` has the highest precedence of all reasons that apply; `also` lists the others, by precedence.
    `next_eligible_at` is null if a person must act first, or if the time cannot be known. Times are on the enrollment's
    own clock, which showed `as_of`."""

    enrollment_id: UUID
    lead_id: UUID
    sequence_id: UUID
    status: EnrollmentStatus
    reason: ReasonResponse
    next_eligible_at: Moment | None
    also: list[ReasonResponse]
    as_of: Moment

    @classmethod
    def of(cls, explained: Explained) -> "ExplanationResponse":
        situation, explanation = explained.situation, explained.explanation
        return cls(
            enrollment_id=situation.enrollment_id,
            lead_id=situation.lead_id,
            sequence_id=situation.sequence_id,
            status=situation.status,
            reason=ReasonResponse.model_validate(explanation.reason),
            next_eligible_at=explanation.next_eligible_at,
            also=[ReasonResponse.model_validate(reason) for reason in explanation.also],
            as_of=situation.now,
        )
