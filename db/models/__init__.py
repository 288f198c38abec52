"""The tables as SQLAlchemy models. A test compares them with a freshly migrated schema."""

from db.models.applied_sql import AppliedSql
from db.models.audit import AuditEntry
from db.models.base import Base
from db.models.batches import Batch, BatchSkip
from db.models.enrollments import Enrollment, LeadEngagement, LogEntry, Message, OutboxRow
from db.models.erased import ErasedEmail, ErasedEnrollment
from db.models.inboxes import InboxCursor, InboxFailure
from db.models.leads import Campaign, CampaignLead, Lead, Suppression
from db.models.mailboxes import Mailbox
from db.models.notifications import Notification
from db.models.send_slots import SendDay, SendSlot
from db.models.sender_domains import SenderDomain
from db.models.sequences import Sequence, SequenceStep, SequenceVersion
from db.models.sessions import BrowserSession, Invitation
from db.models.tenancy import ApiKey, IdempotencyKey, Tenant, User
from db.models.variants import VariantWinner
from db.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "AppliedSql",
    "AuditEntry",
    "Base",
    "Batch",
    "BatchSkip",
    "BrowserSession",
    "Campaign",
    "CampaignLead",
    "Enrollment",
    "ErasedEmail",
    "ErasedEnrollment",
    "IdempotencyKey",
    "InboxCursor",
    "InboxFailure",
    "Invitation",
    "Lead",
    "LeadEngagement",
    "LogEntry",
    "Mailbox",
    "Message",
    "Notification",
    "OutboxRow",
    "SendDay",
    "SendSlot",
    "SenderDomain",
    "Sequence",
    "SequenceStep",
    "SequenceVersion",
    "Suppression",
    "Tenant",
    "User",
    "VariantWinner",
    "WebhookDelivery",
    "WebhookEndpoint",
]
