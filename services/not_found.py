"""The error for a lead or a sequence that does not exist, with one wording for all callers."""

from uuid import UUID

from domain.errors import NotFound


def no_lead(lead_id: UUID) -> NotFound:
    return NotFound(f"there is no lead {lead_id}")


def no_sequence(sequence_id: UUID) -> NotFound:
    return NotFound(f"there is no sequence {sequence_id}")
