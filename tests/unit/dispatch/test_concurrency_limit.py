"""The concurrency limit grows as long as a server's throughput does, and no further."""

import pytest

from services.dispatch.concurrency_limit import ConcurrencyLimit


def settled(alone_seconds: float, served_at_a_time: float, answers: int = 20_000) -> int:
    """Returns the limit that results with a server that answers one request in `alone_seconds` and serves
    `served_at_a_time` at once."""
    limit = ConcurrencyLimit(3, 50)
    for _ in range(answers):
        limit.took(alone_seconds * max(1.0, limit.limit / served_at_a_time))
    return limit.limit


@pytest.mark.parametrize("served", [2, 5, 12, 30])
def test_the_limit_keeps_a_server_busy_with_few_waiting(served: int) -> None:
    assert served <= settled(0.01, served) <= served + 7


def test_the_limit_reaches_its_maximum_if_nothing_slows_down() -> None:
    assert settled(0.02, 1_000) == 50


def test_the_limit_adapts_when_other_clients_come_and_go() -> None:
    limit = ConcurrencyLimit(3, 50)
    for served in (20.0, 4.0, 20.0):
        for _ in range(20_000):
            limit.took(0.01 * max(1.0, limit.limit / served))
        assert served <= limit.limit <= served + 7


def test_responses_that_take_no_time_are_no_error() -> None:
    limit = ConcurrencyLimit(3, 50)
    limit.took(0.0)
    assert limit.limit == 3


def test_the_limit_falls_to_its_minimum_if_others_keep_the_server_slow() -> None:
    limit = ConcurrencyLimit(3, 50)
    limit.took(0.01)
    for _ in range(20_000):
        limit.took(0.5)
    assert limit.limit <= 6
