"""What a workflow is started with, told by signals, and answers. The shapes themselves are in
`domain.engine.contracts`."""

from domain.engine.contracts import (
    Command,
    Directive,
    EnrollmentInput,
    LogMaintained,
    MailboxInput,
    PerformInput,
    QueueCounts,
    RecordInput,
    WatchEnded,
)

__all__ = [
    "Command",
    "Directive",
    "EnrollmentInput",
    "LogMaintained",
    "MailboxInput",
    "PerformInput",
    "QueueCounts",
    "RecordInput",
    "WatchEnded",
]


def enrollment_workflow_id(tenant_id: object, enrollment_id: object) -> str:
    """One enrollment, one workflow."""
    return f"enrollment/{tenant_id}/{enrollment_id}"


def mailbox_workflow_id(tenant_id: object, mailbox_id: object) -> str:
    """One mailbox, one workflow."""
    return f"mailbox/{tenant_id}/{mailbox_id}"
