"""Alembic's entry: runs the migrations over the connection or URL that the caller put into the config."""

import os
import re
from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from db.migrations.files import psycopg_url
from db.models import Base


def _url() -> str:
    configured = context.config.get_main_option("sqlalchemy.url")
    named = os.environ.get("CADENZA_MIGRATION_DATABASE_URL") or os.environ.get("CADENZA_DATABASE_URL")
    url = configured or named
    if not url:
        raise SystemExit("name the database in CADENZA_MIGRATION_DATABASE_URL")
    return psycopg_url(url)


# The log's months come and go; their parent is what has a model.
_PARTITION = re.compile(r"sequence_execution_log_(default|\d{4}_\d{2})")


def _has_a_model(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name is None or not _PARTITION.fullmatch(name)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        include_name=_has_a_model,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = create_engine(_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        _run(connection)
    engine.dispose()
