"""Tests connections that were idle for a while before they are used again.

SQLAlchemy's own `pool_pre_ping` tests every time, in a transaction of its own. That takes three round trips, while
recording a reply takes six. A connection that was used a moment ago, and that the server has not closed since (the
driver knows: `db/session.py`), needs no test.
"""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

IDLE_SECONDS = 1.0


def ask_idle_connections(engine: AsyncEngine) -> None:
    """Installs the test. A broken connection is replaced, and so are all older ones, before the caller sees an
    error."""
    dialect = engine.dialect

    def returned(_connection: Any, record: Any) -> None:
        record.info["returned_at"] = time.monotonic()

    def taken(connection: Any, record: Any, _fairy: Any) -> None:
        returned_at = record.info.get("returned_at")
        if returned_at is None:
            return  # opened a moment ago
        if time.monotonic() - returned_at < IDLE_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except (dialect.loaded_dbapi.Error, OSError) as dead:
            raise InvalidatePoolError from dead

    event.listen(engine.sync_engine, "checkin", returned)
    event.listen(engine.sync_engine, "checkout", taken)
