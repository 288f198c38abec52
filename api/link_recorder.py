"""Opens and clicks are recorded after they have been answered: where a link leads stands in its token, and whoever
follows it waits for no database."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from db.session import Database
from domain.machines import Fetch
from mail.tracking import Token
from services import tracking

log = logging.getLogger(__name__)

AT_ONCE = 8
"""So many are recorded at a time: a crowd of clicks leaves connections to everybody else."""
PATIENCE_SECONDS = 10.0
"""What could not be recorded by then is lost: a click is worth a line in the log, not a queue without an end."""


class LinkRecorder:
    """Records as well as it can. Nothing that it does is seen by whoever fetched the link."""

    def __init__(self, database: Database, kick: Callable[[UUID], None]) -> None:
        """`kick` is told of each tenant of which something was recorded."""
        self._database = database
        self._kick = kick
        self._places = asyncio.Semaphore(AT_ONCE)

    async def opened(self, token: Token, fetch: Fetch, at: datetime) -> None:
        await self._recorded(token, tracking.opened, fetch, at)

    async def clicked(self, token: Token, fetch: Fetch, at: datetime) -> None:
        await self._recorded(token, tracking.clicked, fetch, at)

    async def _recorded(
        self,
        token: Token,
        record: Callable[[Database, Token, Fetch, datetime], Awaitable[None]],
        fetch: Fetch,
        at: datetime,
    ) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._places:
                await record(self._database, token, fetch, at)
        except (SQLAlchemyError, OSError) as lost:  # a time-out is an OSError
            # By its IDs, which name nobody; a database's own words may be about people.
            log.warning("a %s of message %s was not recorded: %s", token.kind, token.message_id, type(lost).__name__)
        else:
            self._kick(token.tenant_id)
