"""A lead as templates and conditions see it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

FIELDS = ("id", "email", "first_name", "last_name", "company", "title", "phone", "timezone", "status", "tags", "custom")


def full_name(first_name: str, last_name: str) -> str:
    """`Ada Lovelace`, or whichever part is known; empty when neither is."""
    return " ".join(part for part in (first_name.strip(), last_name.strip()) if part)


def template_fields(lead: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row of `leads`, with `name` put together."""
    return {
        **{field: lead.get(field) for field in FIELDS},
        "name": full_name(lead.get("first_name") or "", lead.get("last_name") or ""),
    }
