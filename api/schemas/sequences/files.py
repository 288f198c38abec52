"""Request shapes of copies of sequences."""

from api.schemas.common import Body, Name


class SequenceDuplicate(Body):
    """Without `name`, the copy gets the original's name with ` (copy)` appended."""

    name: Name | None = None
