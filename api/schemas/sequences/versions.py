"""Response shapes of publishing a sequence."""

from typing import Literal
from uuid import UUID

from api.schemas.common import Shape
from domain.sequences.relocation import VersionChange
from services.sequences.versions import Publication


class StepChangeResponse(Shape):
    key: str
    change: Literal["added", "removed", "changed", "reordered"]


class LeadsMovedResponse(Shape):
    """Leads under way, by how publishing affects them. `moved`: their step is gone, so they go to the next one.
    `completed`: their step and everything after it are gone."""

    total: int
    unchanged: int
    wait_less: int
    wait_more: int
    moved: int
    completed: int


class PublicationResponse(Shape):
    """`batch_id`: the batch that moves the leads (`GET /batches/{id}`); null in a dry run, and if there are no
    leads."""

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
                total=published.leads.total(), **{effect.value: published.leads[effect] for effect in VersionChange}
            ),
            batch_id=published.batch_id,
        )
