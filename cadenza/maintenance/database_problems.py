"""Turns errors of the database at startup into one line."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from cadenza.errors import StartError, one_line
from db.schema_check import OldSchema
from db.session import UnsafeRole


@contextmanager
def database_problems_in_one_line() -> Generator[None, None, None]:
    """Turns an error of the first use of the database into a `StartError` that names the setting."""
    try:
        yield
    except UnsafeRole as error:
        raise StartError(f"CADENZA_DATABASE_URL: {one_line(error)}") from error
    except OldSchema as error:
        raise StartError(one_line(error)) from error
    except (OSError, DBAPIError) as error:
        reason = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        raise StartError(f"the database cannot be used (CADENZA_DATABASE_URL): {one_line(reason)}") from error
