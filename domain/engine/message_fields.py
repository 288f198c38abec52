"""The merge fields of a message: what a template may name, and their values for one lead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.leads.lead import FIELDS, template_fields

LEAD_FIELDS = frozenset({*FIELDS, "name"} - {"custom"})
"""Fields of every lead. A tenant's own fields are `custom.<name>`."""
KNOWN_FIELDS = LEAD_FIELDS | {
    "custom.*",
    "sender.name",
    "sender.email",
    "sender.postal_address",
    "sequence.name",
    "now",
    "unsubscribe_url",
}
"""What a template may name; `*` stands for any one name. `now` is the time of sending, in UTC."""


def message_fields(
    lead: Mapping[str, Any],
    sender: Mapping[str, str],
    *,
    sequence_name: str,
    now: datetime,
    unsubscribe_url: str | None,
) -> dict[str, Any]:
    """The values of `KNOWN_FIELDS`, as a template sees them.

    `lead` is a row of `leads`. `sender` has the mailbox's `name`, `email` and `postal_address`; it is empty when no
    mailbox is known, and a template that names one of them then raises MergeFieldMissing.
    """
    return {
        **template_fields(lead),
        "sender": dict(sender),
        "sequence": {"name": sequence_name},
        "now": now,
        "unsubscribe_url": unsubscribe_url,
    }
