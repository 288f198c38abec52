from typing import Literal
from uuid import UUID

from domain.enrollments.status import StopReason
from domain.sequences.steps.action import ActionConfig


class AddToCampaignConfig(ActionConfig):
    """Adds the lead to a campaign and enrolls it in the campaign's sequence, if there is one and it is active.

    `stop_current`: this enrollment ends first, with the stop reason `moved_to_campaign`. A lead that the sequence's
    rules exclude is not enrolled; the execution log says why.
    """

    action: Literal["add_to_campaign"]
    campaign_id: UUID
    stop_current: bool = False

    @property
    def ends_with(self) -> str | None:
        return StopReason.MOVED_TO_CAMPAIGN.value if self.stop_current else None
