"""Errors for a Postgres or Temporal that does not answer. They are 503 answers, not internal errors."""

from collections.abc import Generator
from contextlib import contextmanager

from temporalio.service import RPCError

from domain.errors import DomainError
from workflows.gateway import unreachable


class Unavailable(DomainError):
    """The request may be sent again."""

    code = "unavailable"
    status = 503
    title = "A service that this request needs is not available"
    remedy = "Try again after `Retry-After` seconds: Postgres or Temporal does not answer."


class DatabaseReadOnly(Unavailable):
    """Postgres is failing over or being moved: it can be read, but accepts no writes yet."""

    code = "database_read_only"
    title = "The database is read-only at the moment"
    remedy = "Try again after `Retry-After` seconds: the database is failing over or being moved."


class DatabaseFull(Unavailable):
    """Nothing of the request was written, and nothing was lost. Somebody must free disk space."""

    code = "database_full"
    title = "The database's disk is full"
    remedy = "Free space on the database's disk, then try again. Nothing was written."


@contextmanager
def reaching_postgres() -> Generator[None]:
    """Turns a connection that cannot be opened into Unavailable.

    The driver passes on errors of the operating system (a missing socket is a FileNotFoundError). They mean an
    unreachable database only here, where nothing else uses files or sockets.
    """
    try:
        yield
    except OSError as error:
        raise Unavailable("the database cannot be reached") from error


@contextmanager
def reaching_temporal() -> Generator[None]:
    """Turns a failure to reach Temporal into Unavailable."""
    try:
        yield
    except (RPCError, RuntimeError, OSError) as error:
        if unreachable(error):
            raise Unavailable("Temporal cannot be reached") from error
        raise
