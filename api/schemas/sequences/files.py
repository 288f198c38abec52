"""Copies of sequences, as requests."""

from api.schemas.common import Body, Name


class SequenceDuplicate(Body):
    """Without a `name`, the original's with ` (copy)` behind it."""

    name: Name | None = None
