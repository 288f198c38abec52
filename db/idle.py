"""Connections that have lain idle are asked whether they are alive before they are used again.

SQLAlchemy's own `pool_pre_ping` asks every time, in a transaction of its own: three round trips, where the reply that
is to be recorded takes six. One that was used a moment ago, and that the server has not closed since (the driver
knows: `db/session.py`), is as alive as one that has just been asked.
"""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

IDLE_SECONDS = 1.0


def ask_idle_connections(engine: AsyncEngine) -> None:
    """From now on; one that is dead is replaced, with all that are older than it, and nobody notices."""
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
