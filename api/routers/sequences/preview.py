"""Previews: what a draft would do for one lead, and how a message that is being edited would read."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Reading
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.sequences.preview import MessagePreviewRequest, MessagePreviewResponse, PreviewRequest, PreviewResponse
from services.sequences.preview import preview_sequence
from services.sequences.preview_message import preview_message as preview_one

router = APIRouter(prefix="/sequences", tags=["Sequences"], route_class=ApiRoute)


@router.post("/{sequence_id}/preview", responses=WITH_BODY | problems(404))
async def preview(sequence_id: UUID, body: PreviewRequest, session: Reading) -> PreviewResponse:
    """Each message as the lead would read it, each due time in the lead's time zone, each branch with its
    alternatives, and every warning, from a start time and under assumptions about what the lead does. Sends and stores
    nothing."""
    found = await preview_sequence(
        session, sequence_id, lead_id=body.lead_id, start_at=body.start_at, assume=body.assumptions()
    )
    return PreviewResponse.of(found)


@router.post("/{sequence_id}/preview-message", responses=WITH_BODY | problems(404))
async def preview_message(sequence_id: UUID, body: MessagePreviewRequest, session: Reading) -> MessagePreviewResponse:
    """A message that is being edited, as the lead would read it, sent from the mailbox that the lead would get. Fields
    that cannot be rendered are listed in `errors`. Sends and stores nothing."""
    written = await preview_one(
        session, sequence_id, lead_id=body.lead_id, wording=body.wording(), mailbox_id=body.mailbox_id
    )
    return MessagePreviewResponse.of(written)
