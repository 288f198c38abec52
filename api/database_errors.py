"""Turns an error of Postgres into an error that a client understands."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.outages import DatabaseFull, DatabaseReadOnly, Unavailable
from db.outages import Outage, outage_of
from domain.errors import Conflict, DomainError, FieldError, Invalid

# SQLSTATE classes, PostgreSQL manual, appendix A.
_TRY_AGAIN = ("40001", "40P01", "55P03")
_TOO_SLOW = "57014"
_BAD_VALUE = ("22", "23502", "23514")
_OUTAGES = {Outage.AWAY: Unavailable, Outage.READ_ONLY: DatabaseReadOnly, Outage.FULL: DatabaseFull}


def refusal_of(error: SQLAlchemyError) -> DomainError | None:
    """The error to answer with; None if the query itself is at fault, which is a bug of this program."""
    if isinstance(error, PoolTimeout):
        return Unavailable("every database connection is in use")
    if not isinstance(error, DBAPIError):
        return None
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if outage := outage_of(error):
        return _OUTAGES[outage](outage.value)
    if state.startswith(_TRY_AGAIN):
        return Unavailable("another request changed the same rows at the same time")
    if state == _TOO_SLOW:
        return Unavailable("the database did not answer in time")
    if state == "23505":
        return Conflict("the same thing exists already")
    if state == "23503":
        return Conflict("something that this refers to does not exist, or something else still refers to it")
    if state.startswith(_BAD_VALUE):
        detail = "the database cannot store one of the values"
        return Invalid(detail, errors=[FieldError("", "unacceptable_value", detail)])
    return None
