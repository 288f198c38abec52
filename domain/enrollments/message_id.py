"""The ID of a message, from which its Message-ID is made."""

from uuid import UUID, uuid5

_MESSAGES = UUID("3f0f5a36-6d3c-5d0e-9a43-0b7c5f1f4c11")


def message_id_of(enrollment_id: UUID, step_id: UUID, visit: int) -> UUID:
    """Returns the ID of the message that an enrollment is sent at this visit to a step.

    It is the same for every attempt, and after a restore from a backup without the message. So replies to the message
    and links in it still lead to the enrollment.
    """
    return uuid5(_MESSAGES, f"{enrollment_id}/{step_id}/{visit}")
