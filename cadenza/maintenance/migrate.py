"""Brings a database up to date: tables by Alembic's migrations, then functions, views and triggers by `db/sql`."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from cadenza.errors import StartError, one_line
from db import sql_source
from db.migrations.files import psycopg_url

ALEMBIC_INI = Path(__file__).resolve().parents[2] / "alembic.ini"

# Of the session, so that it holds over all transactions. Two that migrate at once take turns.
_LOCK = text("SELECT pg_advisory_lock(hashtextextended('cadenza migrate', 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('cadenza migrate', 0))")
# Replacing a trigger waits for everybody who writes to its table, and everybody else waits behind that. Below
# deadlock_timeout (1 s), so that where both wait for each other it is the migration that gives way and tries again.
_BOUND_WAITS = text("SET LOCAL lock_timeout = '500ms'")
ATTEMPTS = 60


def upgrade(url: str) -> None:
    """Run every migration that the database has not had yet, then `db/sql`, as the role that `url` names (the owner).

    Other processes may go on using the database meanwhile. Raises `StartError` when it does not answer, was brought
    further by a newer version of this program, or is too busy to have its triggers replaced within a minute or so.
    """
    engine = create_engine(psycopg_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(_LOCK)
            connection.commit()
            try:
                _upgrade(connection)
            finally:
                connection.rollback()
                connection.execute(_UNLOCK)
                connection.commit()
    except OperationalError as error:
        raise StartError(f"the database to migrate cannot be reached: {one_line(error.orig or error)}") from error
    except CommandError as error:
        raise StartError(f"the database cannot be migrated: {one_line(error)}") from error
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config(ALEMBIC_INI)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()  # each migration was; what is left open is Alembic's look at the version
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.begin():
                connection.execute(_BOUND_WAITS)
                sql_source.bring_up_to_date(connection)
            return
        except (LockNotAvailable, DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise StartError(f"the database cannot be migrated while it is so busy: {one_line(error)}") from error
            time.sleep(min(0.1 * attempt, 1.0))


def has_migration(revision: str) -> bool:
    """True if this program has the migration, so that it can use a database that has it."""
    return revision in {script.revision for script in ScriptDirectory.from_config(Config(ALEMBIC_INI)).walk_revisions()}
