"""What publishing a sequence does."""

from typing import Literal
from uuid import UUID

from api.schemas.common import Shape
from domain.sequences.relocation import Effect
from services.sequences.versions import Publication


class StepChangeResponse(Shape):
    key: str
    change: Literal["added", "removed", "changed", "reordered"]


class LeadsMovedResponse(Shape):
    """Leads on their way, by what they notice. `moved`: their step is gone, they go to the next one; `completed`: so
    is all that came after it."""

    total: int
    unchanged: int
    wait_less: int
    wait_more: int
    moved: int
    completed: int


class PublicationResponse(Shape):
    """`batch_id`: the batch that moves the leads (`GET /batches/{id}`); null in a dry run, and where there are none."""

    version: int
    dry_run: bool
    changes: list[StepChangeResponse]
    leads: LeadsMovedResponse
    batch_id: UUID | None

    @classmethod
    def of(cls, published: Publication, *, dry_run: bool) -> "PublicationResponse":
        return cls(
            version=published.version,
            dry_run=dry_run,
            changes=[StepChangeResponse.model_validate(change) for change in published.changes],
            leads=LeadsMovedResponse(
                total=published.leads.total(), **{effect.value: published.leads[effect] for effect in Effect}
            ),
            batch_id=published.batch_id,
        )
