"""The token bucket of each API key, with a clock of the test."""

from uuid import uuid4

import pytest

from api.requests.rate_limit import Allowance, RateLimit, RateLimiter
from tests.unit.access.clock import Clock

KEY, OTHER = uuid4(), uuid4()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> RateLimiter:
    return RateLimiter(RateLimit(per_second=2, burst=4), clock)


def refused(limiter: RateLimiter, times: int) -> list[bool]:
    return [bool(limiter.take(KEY).retry_after) for _ in range(times)]


def test_a_burst_is_accepted_and_then_the_refilled_requests(limiter: RateLimiter, clock: Clock) -> None:
    assert refused(limiter, 6) == [False] * 4 + [True] * 2
    clock.seconds += 0.5
    assert refused(limiter, 2) == [False, True]
    clock.seconds += 3600
    assert refused(limiter, 6) == [False] * 4 + [True] * 2


def test_each_key_has_its_own_bucket(limiter: RateLimiter) -> None:
    assert refused(limiter, 5)[-1]
    assert limiter.take(OTHER) == Allowance(limit=4, remaining=3, reset=1, retry_after=0)


def test_a_refusal_says_when_the_next_request_is_accepted(limiter: RateLimiter, clock: Clock) -> None:
    refused(limiter, 4)
    allowance = limiter.take(KEY)
    assert allowance == Allowance(limit=4, remaining=0, reset=2, retry_after=1)
    clock.seconds += allowance.retry_after
    assert limiter.take(KEY).retry_after == 0
    slow = RateLimiter(RateLimit(per_second=0.01, burst=1), clock)
    assert (slow.take(KEY).retry_after, slow.take(KEY).retry_after) == (0, 100)


def test_refused_requests_take_nothing_from_the_bucket(limiter: RateLimiter, clock: Clock) -> None:
    refused(limiter, 1000)
    clock.seconds += 0.5
    assert refused(limiter, 1) == [False]
