"""What Postgres refused, or could not do, as a refusal that a client understands."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.unavailable import Unavailable
from domain.errors import Conflict, DomainError, FieldError, Invalid

# SQLSTATE classes, PostgreSQL manual, appendix A.
_UNREACHABLE = ("08", "53", "57")
_TRY_AGAIN = ("40001", "40P01", "55P03")
_BAD_VALUE = ("22", "23502", "23514")


def refusal_of(error: SQLAlchemyError) -> DomainError | None:
    """The refusal that the error amounts to; None when it is a fault of this program."""
    if isinstance(error, PoolTimeout):
        return Unavailable("every database connection is in use")
    if not isinstance(error, DBAPIError):
        return None
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if error.connection_invalidated or state.startswith(_UNREACHABLE):
        return Unavailable("the database cannot be reached")
    if state.startswith(_TRY_AGAIN):
        return Unavailable("another request was changing the same rows")
    if state == "23505":
        return Conflict("there is one like this already")
    if state == "23503":
        return Conflict("something that this refers to does not exist, or is still referred to")
    if state.startswith(_BAD_VALUE):
        detail = "the database cannot hold one of the values"
        return Invalid(detail, errors=[FieldError("", "unacceptable_value", detail)])
    return None
