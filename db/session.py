"""Connections and transactions. A transaction belongs to one tenant and knows it before its first query."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from db.bounds import SESSION_SETTINGS
from db.call_pool import CallPool
from db.idle import ask_idle_connections
from db.outages import READ_ONLY
from domain.errors import DomainError

_BEGIN_WRITE = text("SELECT set_config('app.tenant_id', :tenant_id, true)")
_BEGIN_READ = text(
    "SELECT set_config('app.tenant_id', :tenant_id, true), set_config('transaction_read_only', 'on', true)"
)
_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")


class UnsafeRole(DomainError):
    """The database role could see the rows of every tenant, so row level security would protect nothing."""

    code = "unsafe_database_role"
    status = 500
    title = "The database role bypasses row level security"
    remedy = "Connect as a role without SUPERUSER and BYPASSRLS, such as `cadenza_app`."
    retryable = False


class ReadSession(AsyncSession):
    """Reads of one tenant. The transaction is read-only in Postgres, too: a write fails."""

    tenant_id: UUID


class WriteSession(ReadSession):
    """Reads and writes of one tenant. Whoever opened it commits; services never commit."""

    api_key_id: UUID | None = None
    user_id: UUID | None = None
    """Who makes the change, for the audit log: an API key or a signed-in user. Without either, it is nobody of the
    tenant."""


class Database:
    """Postgres for one process: one connection pool, transactions of tenants, and calls of single statements."""

    def __init__(self, url: str, *, pool_size: int = 30, ask_idle: bool = False) -> None:
        """At most `pool_size` connections, opened on demand and kept, because opening one costs more than the work of
        most calls. The last used is used first, so that the others stay idle.

        `ask_idle`: connections that were idle for a while are tested before use, for callers whose failed requests
        nobody repeats (`db/idle.py`).
        """
        self.engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,
            hide_parameters=True,  # Parameters contain addresses and texts of people, and errors end up in logs.
            connect_args={"server_settings": dict(SESSION_SETTINGS)},
        )
        event.listen(self.engine.sync_engine, "handle_error", _leave_a_standby)
        event.listen(self.engine.sync_engine, "checkout", _pass_over_the_closed)
        if ask_idle:
            ask_idle_connections(self.engine)
        self.calls = CallPool(self.engine.url, pool_size)
        # A single statement is its own transaction: one round trip, where BEGIN and COMMIT would make three.
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._readers = async_sessionmaker(self.engine, class_=ReadSession, expire_on_commit=False)
        self._writers = async_sessionmaker(self.engine, class_=WriteSession, expire_on_commit=False)

    @asynccontextmanager
    async def write(
        self, tenant_id: UUID, *, api_key_id: UUID | None = None, user_id: UUID | None = None
    ) -> AsyncGenerator[WriteSession]:
        """A transaction of one tenant, committed at the end of the block, rolled back when it raises."""
        async with self._writers.begin() as session:
            session.tenant_id = tenant_id
            session.api_key_id = api_key_id
            session.user_id = user_id
            await session.execute(_BEGIN_WRITE, {"tenant_id": str(tenant_id)})
            yield session

    @asynccontextmanager
    async def read(self, tenant_id: UUID) -> AsyncGenerator[ReadSession]:
        """A read-only transaction of one tenant."""
        async with self._readers.begin() as session:
            session.tenant_id = tenant_id
            await session.execute(_BEGIN_READ, {"tenant_id": str(tenant_id)})
            yield session

    async def call(self, statement: TextClause, parameters: Mapping[str, Any]) -> Any:
        """The one value that a statement answers; the statement is its own transaction.

        For SQL functions that set their tenant themselves (db/sql).
        """
        async with self._autocommit.connect() as connection:
            return (await connection.execute(statement, parameters)).scalar_one_or_none()

    async def rows(self, statement: TextClause, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows of a statement that is its own transaction."""
        async with self._autocommit.connect() as connection:
            return list((await connection.execute(statement, parameters)).all())

    async def refuse_unsafe_role(self) -> None:
        """Raises `UnsafeRole` for a superuser or a role with BYPASSRLS. Called once at start."""
        if await self.call(_ROLE, {}):
            raise UnsafeRole("connect as cadenza_app, or another role without SUPERUSER and BYPASSRLS")

    async def aclose(self) -> None:
        await self.calls.aclose()
        await self.engine.dispose()


def after_commit(session: WriteSession, act: Callable[[], None]) -> None:
    """Runs after this transaction is committed, and never if it is rolled back."""

    def committed(_session: Session) -> None:
        act()

    event.listen(session.sync_session, "after_commit", committed, once=True)


def _pass_over_the_closed(_connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Connections that the driver saw being closed (a restart, a failover) are replaced, without a test or an error."""
    if record.driver_connection is None or record.driver_connection.is_closed():
        raise DisconnectionError("closed by the server")


def _leave_a_standby(failed: ExceptionContext) -> None:
    """A server that accepts no writes may no longer be the primary. All connections to it are dropped, and the next
    ones reach the new primary."""
    if getattr(failed.original_exception, "sqlstate", None) == READ_ONLY:
        failed.is_disconnect = True
