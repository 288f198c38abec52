"""The token bucket of each API key, on a clock of the test's own."""

from uuid import uuid4

import pytest

from api.requests.rate_limit import Allowance, RateLimit, RateLimiter

KEY, OTHER = uuid4(), uuid4()


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> RateLimiter:
    return RateLimiter(RateLimit(per_second=2, burst=4), clock)


def refused(limiter: RateLimiter, times: int) -> list[bool]:
    return [bool(limiter.take(KEY).retry_after) for _ in range(times)]


def test_a_burst_then_as_many_as_come_back(limiter: RateLimiter, clock: Clock) -> None:
    assert refused(limiter, 6) == [False] * 4 + [True] * 2
    clock.seconds += 0.5
    assert refused(limiter, 2) == [False, True]
    clock.seconds += 3600
    assert refused(limiter, 6) == [False] * 4 + [True] * 2


def test_one_keys_requests_are_not_anothers(limiter: RateLimiter) -> None:
    assert refused(limiter, 5)[-1]
    assert limiter.take(OTHER) == Allowance(limit=4, remaining=3, reset=1, retry_after=0)


def test_who_is_refused_is_told_when_the_next_is_taken(limiter: RateLimiter, clock: Clock) -> None:
    refused(limiter, 4)
    told = limiter.take(KEY)
    assert told == Allowance(limit=4, remaining=0, reset=2, retry_after=1)
    clock.seconds += told.retry_after
    assert limiter.take(KEY).retry_after == 0
    slow = RateLimiter(RateLimit(per_second=0.01, burst=1), clock)
    assert (slow.take(KEY).retry_after, slow.take(KEY).retry_after) == (0, 100)


def test_being_refused_costs_nothing(limiter: RateLimiter, clock: Clock) -> None:
    refused(limiter, 1000)
    clock.seconds += 0.5
    assert refused(limiter, 1) == [False]
