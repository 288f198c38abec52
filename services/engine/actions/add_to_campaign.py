from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from db.queries.leads.campaigns import add_leads, find_campaign
from db.session import ReadSession, WriteSession
from domain.errors import FieldError, SequenceNotActive
from domain.sequences.actions.add_to_campaign import AddToCampaignConfig
from services.engine.actions.action import ActionEffect
from services.engine.visit import Visit
from services.enrollments.after_restore import mark_enrolled_by_action
from services.enrollments.enrolling import enroll

AGAIN_AFTER_DAYS = 1
"""Two sequences that add a lead to each other's campaign do so once a day, not in an endless fast loop."""


class AddToCampaign(ActionEffect[AddToCampaignConfig]):
    action: ClassVar[str] = "add_to_campaign"
    wakes_outbox: ClassVar[bool] = True

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        if await find_campaign(session, self.config.campaign_id) is not None:
            return ()
        return (FieldError("campaign_id", "not_found", f"there is no campaign {self.config.campaign_id}"),)

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        campaign = await find_campaign(session, self.config.campaign_id)
        if campaign is None:
            return {"campaign": "not_found"}
        ((_, added),) = await add_leads(session, campaign.id, [visit.lead_id])
        if campaign.sequence_id is None:
            return {"campaign": added}
        enrolled = await _enroll(session, visit, campaign.sequence_id, campaign.id)
        return {"campaign": added, "sequence_id": str(campaign.sequence_id), **enrolled}


async def _enroll(session: WriteSession, visit: Visit, sequence_id: UUID, campaign_id: UUID) -> dict[str, str]:
    try:
        result = await enroll(
            session,
            sequence_id=sequence_id,
            lead_ids=[visit.lead_id],
            campaign_id=campaign_id,
            again_after_days=AGAIN_AFTER_DAYS,
        )
    except SequenceNotActive as refusal:
        return {"skipped": refusal.code}
    if result.enrolled:
        made = result.enrolled[0].enrollment_id
        assert made is not None, "it was no dry run"
        by = visit.queries.enrollment_id
        await mark_enrolled_by_action(session, made, by=by, step_id=visit.step.id, visit=visit.number)
        return {"enrolled": str(made)}
    return {"skipped": result.skipped[0].code}
