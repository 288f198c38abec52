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
    """Runs every migration that the database does not have yet, as the role in `url` (the schema's owner).

    Raises `StartError` if the database does not answer, or if a newer version of this program migrated it.
    """
    config = Config(ALEMBIC_INI)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))  # the config reads % as a placeholder
    try:
        command.upgrade(config, "head")
    except OperationalError as error:
        raise StartError(f"the database to migrate cannot be reached: {one_line(error.orig or error)}") from error
    except CommandError as error:
        raise StartError(f"the database cannot be migrated: {one_line(error)}") from error


def has_migration(revision: str) -> bool:
    """True if this program has the migration, so that it can use a database that has it."""
    return revision in {script.revision for script in ScriptDirectory.from_config(Config(ALEMBIC_INI)).walk_revisions()}
