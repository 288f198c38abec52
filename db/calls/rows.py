"""rows.sql: the building blocks of moves, for statements that need one of them."""

from db.calls.sql_call import call_sql


def described_directive(enrollment: str) -> str:
    """SQL: the directive of an enrollment's row (an SQL expression), with its step and zones."""
    return call_sql("described_directive", state=enrollment)


def log_move(enrollment: str, *, event: str, step_id: str, detail: str, at: str) -> str:
    """SQL: writes a row of the execution log. All arguments are SQL expressions."""
    return call_sql("log_move", state=enrollment, p_event=event, p_step_id=step_id, p_detail=detail, p_at=at)


def is_live(status: str) -> str:
    """SQL: whether an enrollment of this status is live."""
    return call_sql("is_live", p_status=status)


DESCRIBED = "SELECT " + described_directive("{call}")
"""The statement around a move that answers the enrollment's row: see `SqlCall.select`."""
