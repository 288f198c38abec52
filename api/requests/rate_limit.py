"""How often an API key may ask: a token bucket for each key, in this process's memory. A session is counted as the key,
or the person, that it is of: signing in again makes no more of it.

Of several API processes each counts for itself: a key may ask as often of each of them. To count together they would
have to write to Postgres on every request, which costs more than what the limit is for: one client that runs away shall
not take the API from the others.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import DomainError

ALLOWANCE = "rate_limit"
"""Where a request's state keeps what its key has left."""


class RateLimited(DomainError):
    """Nothing of the request was done: it may be sent again after `retry_after` seconds."""

    code = "rate_limited"
    status = 429
    title = "This key, or this person, asks too often"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"try again after {retry_after} s")


@dataclass(frozen=True, slots=True)
class RateLimit:
    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left, as `RateLimit-*` says it (draft-ietf-httpapi-ratelimit-headers-03). Seconds, rounded up."""

    limit: int
    remaining: int
    reset: int
    """Until all of it is there again."""
    retry_after: int
    """Until the next request is taken: 0 for one that was."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimiter:
    """`now` is a clock that only goes forward, in seconds. `most` buckets are kept, where strangers could make more:
    then the one that was longest out of use goes."""

    def __init__(self, limit: RateLimit, now: Callable[[], float] = time.monotonic, *, most: int | None = None) -> None:
        self._limit = limit
        self._now = now
        self._most = most
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, who: Hashable) -> Allowance:
        """One request of theirs. It is refused where `retry_after` is not 0, and costs nothing then."""
        now, per_second, burst = self._now(), self._limit.per_second, self._limit.burst
        bucket = self._buckets.setdefault(who, _Bucket(float(burst), now))
        if self._most is not None:
            self._buckets.move_to_end(who)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * per_second)
        bucket.at = now
        taken = bucket.tokens >= 1
        if taken:
            bucket.tokens -= 1
        return Allowance(
            limit=burst,
            remaining=int(bucket.tokens),
            reset=math.ceil((burst - bucket.tokens) / per_second),
            retry_after=0 if taken else max(1, math.ceil((1 - bucket.tokens) / per_second)),
        )

    def give_back(self, who: Hashable) -> None:
        """What was taken last is not counted after all."""
        if who in self._buckets:
            self._buckets[who].tokens += 1


class RateLimitHeaders:
    """Says on every answer to a key, refusals too, what it has left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            allowance: Allowance | None = scope.get("state", {}).get(ALLOWANCE)
            if message["type"] == "http.response.start" and allowance is not None:
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Limit"] = str(allowance.limit)
                headers["RateLimit-Remaining"] = str(allowance.remaining)
                headers["RateLimit-Reset"] = str(allowance.reset)
            await send(message)

        await self._app(scope, receive, with_headers)
