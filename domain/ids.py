"""Typed identifiers. All are UUIDs in Postgres; the types keep a lead's ID out of a sequence's argument."""

from typing import NewType
from uuid import UUID, uuid5

TenantId = NewType("TenantId", UUID)
LeadId = NewType("LeadId", UUID)
CampaignId = NewType("CampaignId", UUID)
SequenceId = NewType("SequenceId", UUID)
VersionId = NewType("VersionId", UUID)
StepId = NewType("StepId", UUID)
EnrollmentId = NewType("EnrollmentId", UUID)
MailboxId = NewType("MailboxId", UUID)
MessageId = NewType("MessageId", UUID)
UserId = NewType("UserId", UUID)

_MESSAGES = UUID("3f0f5a36-6d3c-5d0e-9a43-0b7c5f1f4c11")


def message_id_of(enrollment_id: UUID, step_id: UUID, visit: int) -> MessageId:
    """The ID of the message that an enrollment is sent at this visit to a step.

    The same for every attempt, and after a restore from a copy that does not know the message yet: the replies to it
    and the links in it lead back here all the same.
    """
    return MessageId(uuid5(_MESSAGES, f"{enrollment_id}/{step_id}/{visit}"))
