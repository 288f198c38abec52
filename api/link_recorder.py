"""Records opens and clicks in the background, so that a slow or unreachable database does not delay the answer.

The address that a link leads to is in its token, so the redirect needs no database."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from db.session import Database
from domain.inbound.machines import Fetch, machine_rule
from mail.links import Token
from services.inbound import tracking

log = logging.getLogger(__name__)

AT_ONCE = 8
"""The most events that are recorded at once, so that a burst of clicks leaves database connections for others."""
REPEAT_SECONDS = 2.0
"""A repeat of the same fetch within this time counts as the same event, so that a flood does not fill the queue."""
PATIENCE_SECONDS = 10.0
"""An event that could not be recorded within this time is dropped and logged. This bounds the queue."""


class LinkRecorder:
    """Best effort. A failure is logged and never reaches the client that fetched the link."""

    def __init__(self, database: Database, kick: Callable[[UUID], None]) -> None:
        """`kick` is called with the ID of each tenant for which an event was recorded."""
        self._database = database
        self._kick = kick
        self._places = asyncio.Semaphore(AT_ONCE)
        # The loop's time at which each fetch was last seen, oldest first.
        self._recent: OrderedDict[Hashable, float] = OrderedDict()

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
        # A fetch by a machine and a fetch by a person are different events, even of the same token.
        key = (token, machine_rule(fetch))
        if self._is_repeated(key):
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._places:
                await record(self._database, token, fetch, at)
        except (SQLAlchemyError, OSError) as error:  # a time-out is an OSError
            self._recent.pop(key, None)
            # The log names IDs only: an error text of the database may contain personal data.
            log.warning("a %s of message %s was not recorded: %s", token.kind, token.message_id, type(error).__name__)
        else:
            self._kick(token.tenant_id)

    def _is_repeated(self, key: Hashable) -> bool:
        now = asyncio.get_running_loop().time()
        while self._recent and next(iter(self._recent.values())) < now - REPEAT_SECONDS:
            self._recent.popitem(last=False)
        if key in self._recent:
            return True
        self._recent[key] = now
        return False
