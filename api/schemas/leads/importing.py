"""What became of each row of an imported file."""

from api.schemas.common import Shape


class RejectedRowResponse(Shape):
    """`row` counts data rows from 1; `email` is as it was written."""

    row: int
    email: str
    code: str
    detail: str


class RowWarningResponse(Shape):
    row: int
    code: str
    detail: str


class LeadImportResponse(Shape):
    """The lists hold the first 10,000 entries, the counts all of them."""

    created: int
    updated: int
    rejected: list[RejectedRowResponse]
    rejected_count: int
    warnings: list[RowWarningResponse]
    warnings_count: int
