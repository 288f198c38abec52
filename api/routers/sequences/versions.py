"""`/sequences/{id}/publish`: makes the edits of a running sequence its next version."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import Steering
from api.error_responses import problems
from api.route import ApiRoute
from api.schemas.sequences.versions import PublicationResponse
from services.sequences.versions import publish_edits

router = APIRouter(prefix="/sequences", tags=["Sequences"], route_class=ApiRoute)


@router.post("/{sequence_id}/publish", responses=problems(404, 409))
async def publish_sequence(
    sequence_id: UUID,
    session: Steering,
    dry_run: Annotated[bool, Query(description="Only report what publishing would do.")] = False,
) -> PublicationResponse:
    """Makes the draft's edits the next version. Leads that are under way move to it (unless the sequence pins them to
    their version): a changed wait is calculated again from its beginning, and a lead whose step is gone moves to the
    next step."""
    return PublicationResponse.of(await publish_edits(session, sequence_id, dry_run=dry_run), dry_run=dry_run)
