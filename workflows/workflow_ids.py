"""IDs of the workflows. They are derived from the tenant and the row, so a workflow is found without storing its ID."""


def enrollment_workflow_id(tenant_id: object, enrollment_id: object) -> str:
    """Returns the ID of an enrollment's workflow."""
    return f"enrollment/{tenant_id}/{enrollment_id}"


def mailbox_workflow_id(tenant_id: object, mailbox_id: object) -> str:
    """Returns the ID of the workflow that watches a mailbox's inbox."""
    return f"mailbox/{tenant_id}/{mailbox_id}"
