"""The roles and the database of an embedded server. Each start brings them to this state."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from cadenza.embedded.home_secrets import HomeSecrets
from cadenza.settings import asyncpg_url

SUPERUSER = "postgres"
OWNER = "cadenza_owner"
APP = "cadenza_app"
SYSTEM = "cadenza_system"
DATABASE = "cadenza"


@asynccontextmanager
async def superuser(url: str) -> AsyncGenerator[AsyncConnection, None]:
    """Opens a connection in which each statement is its own transaction, as CREATE DATABASE requires."""
    engine = create_async_engine(asyncpg_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def ensure_roles(connection: AsyncConnection, secrets: HomeSecrets) -> None:
    """Creates the role that owns the schema, the app's role, the role that sees every tenant, and the database."""
    await _ensure_role(
        connection, OWNER, f"LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE {_password(secrets.owner_password)}"
    )
    await _ensure_role(connection, APP, f"LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE {_password(secrets.app_password)}")
    await _ensure_role(connection, SYSTEM, "NOLOGIN NOSUPERUSER BYPASSRLS")
    # So that the owner's migrations can create functions that run as this role.
    await connection.execute(text(f"GRANT {SYSTEM} TO {OWNER} WITH ADMIN OPTION"))
    found = await connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": DATABASE})
    if found is None:
        await create_database(connection, DATABASE)


async def create_database(connection: AsyncConnection, name: str, template: str | None = None) -> None:
    """Creates a database owned by `cadenza_owner`. `template` is copied whole and must have no connections."""
    copied = f" TEMPLATE {_name(template)}" if template else ""
    await connection.execute(text(f"CREATE DATABASE {_name(name)} OWNER {OWNER}{copied}"))


async def drop_database(connection: AsyncConnection, name: str) -> None:
    await connection.execute(text(f"DROP DATABASE IF EXISTS {_name(name)} WITH (FORCE)"))


async def _ensure_role(connection: AsyncConnection, role: str, attributes: str) -> None:
    found = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    verb = "CREATE" if found is None else "ALTER"
    await connection.execute(text(f"{verb} ROLE {role} WITH {attributes}"))


def _password(password: str) -> str:
    # A utility statement takes no parameters. SQLAlchemy would read `:` as a parameter.
    quoted = password.replace("'", "''").replace(":", "\\:")
    return f"PASSWORD '{quoted}'"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""').replace(":", "\\:") + '"'
