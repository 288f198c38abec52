"""`/dev`: development only. Mail made here takes the same path as real inbound mail."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import Context, Paging, Reading, Steering, Writer
from api.error_responses import WITH_BODY, problems
from api.outages import reaching_temporal
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.development import (
    FastForwardRequest,
    FastForwardResponse,
    MailReceivedResponse,
    OutboxItem,
    ReplyRequest,
)
from mail.capture.replies import build_bounce, build_complaint, build_reply, build_unsubscribe
from services.development.captured_mail import get_captured, list_captured
from services.development.time_travel import fast_forward
from services.inbound.tenant_mail import receive_mail

router = APIRouter(prefix="/dev", tags=["Development"], route_class=ApiRoute)

# Enhanced status codes (RFC 3463).
_NO_SUCH_MAILBOX, _MAILBOX_FULL = "5.1.1", "4.2.2"

CapturedId = Annotated[str, Path(max_length=100)]


@router.get("/outbox")
async def list_outbox(
    session: Reading,
    context: Context,
    page: Paging,
    to: Annotated[str | None, Query(max_length=320, description="The address of one recipient.")] = None,
) -> Listed[OutboxItem]:
    """The captured mail of this tenant, newest first."""
    return listed(await list_captured(session, context.outbox, page, to), OutboxItem.of)


@router.post("/outbox/{captured_id}/reply", responses=WITH_BODY | problems(404))
async def reply_to_message(
    captured_id: CapturedId, body: ReplyRequest, session: Steering, context: Context
) -> MailReceivedResponse:
    """Answers a captured message as its recipient would, or as their out-of-office reply would."""
    captured = await get_captured(session, context.outbox, captured_id)
    raw = build_reply(
        captured.raw, body.text, now=datetime.now(UTC), auto_reply=body.automatic, returns_on=body.returns_on
    )
    return MailReceivedResponse.model_validate(await receive_mail(session, raw))


@router.post("/outbox/{captured_id}/bounce", responses=problems(404))
async def bounce_message(
    captured_id: CapturedId,
    session: Steering,
    context: Context,
    hard: Annotated[bool, Query(description="A permanent failure; false: a temporary one, as a full mailbox.")] = True,
) -> MailReceivedResponse:
    """Returns a captured message as undeliverable (RFC 3464)."""
    captured = await get_captured(session, context.outbox, captured_id)
    raw = build_bounce(captured.raw, now=datetime.now(UTC), status=_NO_SUCH_MAILBOX if hard else _MAILBOX_FULL)
    return MailReceivedResponse.model_validate(await receive_mail(session, raw))


@router.post("/outbox/{captured_id}/complaint", responses=problems(404))
async def complain_of_message(captured_id: CapturedId, session: Steering, context: Context) -> MailReceivedResponse:
    """Reports a captured message as spam, as the recipient's provider would (RFC 5965)."""
    captured = await get_captured(session, context.outbox, captured_id)
    raw = build_complaint(captured.raw, now=datetime.now(UTC))
    return MailReceivedResponse.model_validate(await receive_mail(session, raw))


@router.post("/outbox/{captured_id}/unsubscribe", responses=problems(404))
async def unsubscribe_from_message(
    captured_id: CapturedId, session: Steering, context: Context
) -> MailReceivedResponse:
    """Unsubscribes by mail, as the unsubscribe button of the recipient's mail program does."""
    captured = await get_captured(session, context.outbox, captured_id)
    raw = build_unsubscribe(captured.raw, now=datetime.now(UTC))
    return MailReceivedResponse.model_validate(await receive_mail(session, raw))


@router.post("/fast-forward", responses=WITH_BODY | problems(404))
async def fast_forward_clock(body: FastForwardRequest, writer: Writer, context: Context) -> FastForwardResponse:
    """Moves the clock of one enrollment, or of every live one. Answers when everything that became due is done."""
    with reaching_temporal():
        moved = await fast_forward(
            context.database, context.gateway, context.dispatcher, writer.tenant_id, body.by, body.enrollment_id
        )
    return FastForwardResponse.model_validate({"moved": moved})
