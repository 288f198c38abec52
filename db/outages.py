"""Distinguishes an outage of Postgres from an error of a request or a step."""

from enum import Enum

from sqlalchemy.exc import DBAPIError


class Outage(Enum):
    AWAY = "the database cannot be reached"
    READ_ONLY = "the database takes no writes for now"
    FULL = "the database has no room left"


_FULL = "53100"
READ_ONLY = "25006"
"""Postgres fails over, or is being moved. (A write through a ReadSession gives the same code, and is a bug of ours.)"""
# SQLSTATE classes (PostgreSQL documentation, appendix A): connection, resources, operator intervention, system error;
# and a session that was ended because it was idle in a transaction. Not 57014: a statement that takes too long.
_AWAY = ("08", "53", "57P", "58", "25P03", "25P04")


def outage_of(error: BaseException | None) -> Outage | None:
    """The reason why Postgres cannot work. None for an error with another cause.

    Drivers pass the operating system's errors on, so an OSError must come from a database call only.
    """
    if isinstance(error, OSError):
        return Outage.AWAY
    if not isinstance(error, DBAPIError):
        return None
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state == READ_ONLY:
        return Outage.READ_ONLY
    if state == _FULL:
        return Outage.FULL
    return Outage.AWAY if error.connection_invalidated or state.startswith(_AWAY) else None
