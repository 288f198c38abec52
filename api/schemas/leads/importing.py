"""Response shapes of a lead import: the result of each row."""

from api.schemas.common import Shape


class RejectedRowResponse(Shape):
    """`row` counts data rows from 1. `email` is the text in the file."""

    row: int
    email: str
    code: str
    detail: str


class RowWarningResponse(Shape):
    row: int
    code: str
    detail: str


class LeadImportResponse(Shape):
    """The lists hold the first 10,000 entries; the counts include all."""

    created: int
    updated: int
    rejected: list[RejectedRowResponse]
    rejected_count: int
    warnings: list[RowWarningResponse]
    warnings_count: int
