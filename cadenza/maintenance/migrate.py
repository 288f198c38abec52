"""Brings a database's schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from cadenza.errors import StartError, one_line

ALEMBIC_INI = Path(__file__).resolve().parents[2] / "alembic.ini"


def upgrade(url: str) -> None:
    """Run every migration that the database has not had yet, as the role that `url` names (the schema's owner).

    Raises `StartError` when the database does not answer, or was brought further by a newer version of this program.
    """
    config = Config(ALEMBIC_INI)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))  # the config reads % as a placeholder
    try:
        command.upgrade(config, "head")
    except OperationalError as error:
        raise StartError(f"the database to migrate cannot be reached: {one_line(error.orig or error)}") from error
    except CommandError as error:
        raise StartError(f"the database cannot be migrated: {one_line(error)}") from error


def knows(revision: str) -> bool:
    """Whether this program has the migration: it can go on with a database that has had it."""
    return revision in {script.revision for script in ScriptDirectory.from_config(Config(ALEMBIC_INI)).walk_revisions()}
