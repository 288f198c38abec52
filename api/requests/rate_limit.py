"""Limits how often an API key may send requests: one token bucket for each key, in this process's memory.

A session counts as the API key or user that it belongs to, so signing in again gives no more requests.

Each API process counts for itself, so a key may use the full limit with each of them. A shared count would need a write
to Postgres on every request. That costs more than the limit is worth: its purpose is that one runaway client cannot
take the API away from the others.
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
"""The name in `request.state` that holds the key's allowance."""


class RateLimited(DomainError):
    """The request was not carried out. It may be sent again after `retry_after` seconds."""

    code = "rate_limited"
    status = 429
    title = "Too many requests with this key or by this user"
    remedy = "Try again after `Retry-After` seconds, and ask less often: see `RateLimit-Remaining`."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"try again after {retry_after} s")


@dataclass(frozen=True, slots=True)
class RateLimit:
    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left, for the `RateLimit-*` headers (draft-ietf-httpapi-ratelimit-headers-03). Times are in whole
    seconds, rounded up."""

    limit: int
    remaining: int
    reset: int
    """Seconds until the whole limit is available again."""
    retry_after: int
    """Seconds until the next request is accepted; 0 if this one was."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimiter:
    """`now` is a monotonic clock in seconds. `most` bounds the number of buckets where strangers could create them:
    the bucket that was not used for the longest time is dropped."""

    def __init__(self, limit: RateLimit, now: Callable[[], float] = time.monotonic, *, most: int | None = None) -> None:
        self._limit = limit
        self._now = now
        self._most = most
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, caller: Hashable) -> Allowance:
        """Takes one request from the caller's bucket. If `retry_after` is not 0, it is refused and takes nothing."""
        now, per_second, burst = self._now(), self._limit.per_second, self._limit.burst
        bucket = self._buckets.setdefault(caller, _Bucket(float(burst), now))
        if self._most is not None:
            self._buckets.move_to_end(caller)
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

    def give_back(self, caller: Hashable) -> None:
        """Returns the request that was taken last."""
        if caller in self._buckets:
            self._buckets[caller].tokens += 1


class RateLimitHeaders:
    """ASGI middleware that adds the `RateLimit-*` headers to every answer to a key, refusals included."""

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
