"""Opens and clicks are recorded beside their answer: where a link leads stands in its token, and whoever follows it
waits for no database that is slow or away."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from db.session import Database
from domain.inbound.machines import Fetch, machine_rule
from mail.tracking import Token
from services.inbound import tracking

log = logging.getLogger(__name__)

AT_ONCE = 8
"""So many are recorded at a time: a crowd of clicks leaves connections to everybody else."""
REPEAT_SECONDS = 2.0
"""The same fetch again within this time is the same event: whoever sends a flood of them does not fill the places."""
PATIENCE_SECONDS = 10.0
"""What could not be recorded by then is lost: a click is worth a line in the log, not a queue without an end."""


class LinkRecorder:
    """Records as well as it can. Nothing that it does is seen by whoever fetched the link."""

    def __init__(self, database: Database, kick: Callable[[UUID], None]) -> None:
        """`kick` is told of each tenant of which something was recorded."""
        self._database = database
        self._kick = kick
        self._places = asyncio.Semaphore(AT_ONCE)
        # When each was last seen; the oldest first.
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
        # Not the same: what a machine's program and what a person's has fetched.
        what = (token, machine_rule(fetch))
        if self._is_repeated(what):
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._places:
                await record(self._database, token, fetch, at)
        except (SQLAlchemyError, OSError) as lost:  # a time-out is an OSError
            self._recent.pop(what, None)
            # By its IDs, which name nobody; a database's own words may be about people.
            log.warning("a %s of message %s was not recorded: %s", token.kind, token.message_id, type(lost).__name__)
        else:
            self._kick(token.tenant_id)

    def _is_repeated(self, what: Hashable) -> bool:
        now = asyncio.get_running_loop().time()
        while self._recent and next(iter(self._recent.values())) < now - REPEAT_SECONDS:
            self._recent.popitem(last=False)
        if what in self._recent:
            return True
        self._recent[what] = now
        return False
