"""Typed identifiers. All are UUIDs in Postgres; the types keep a lead's ID out of a sequence's argument."""

from typing import NewType
from uuid import UUID

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
