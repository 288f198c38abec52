"""rows.sql: the building blocks of transitions, as SQL expressions for other statements."""

from db.calls.sql_call import call_sql


def described_directive(enrollment: str) -> str:
    """SQL expression: the directive of an enrollment's row (itself an SQL expression), with its step and time zones."""
    return call_sql("described_directive", state=enrollment)


def log_move(enrollment: str, *, event: str, step_id: str, detail: str, at: str) -> str:
    """SQL expression: writes a row of the execution log. All arguments are SQL expressions."""
    return call_sql("log_move", state=enrollment, p_event=event, p_step_id=step_id, p_detail=detail, p_at=at)


def is_live(status: str) -> str:
    """SQL expression: whether an enrollment with this status is live."""
    return call_sql("is_live", p_status=status)


DESCRIBED = "SELECT " + described_directive("{call}")
"""Wraps a function that returns the enrollment's row, so that it answers the described directive; see
`SqlCall.select`."""
