"""As many requests at a time as make a server faster, and no more."""

import pytest

from services.dispatch.start_rate import Pace


def settled(alone_seconds: float, served_at_a_time: float, answers: int = 20_000) -> int:
    """Where the pace settles with a server that answers so fast, and serves so many at a time."""
    pace = Pace(3, 50)
    for _ in range(answers):
        pace.took(alone_seconds * max(1.0, pace.limit / served_at_a_time))
    return pace.limit


@pytest.mark.parametrize("served", [2, 5, 12, 30])
def test_it_keeps_a_server_busy_and_hardly_anybody_waiting(served: int) -> None:
    assert served <= settled(0.01, served) <= served + 7


def test_it_asks_for_all_that_it_may_where_nothing_is_slowed_by_it() -> None:
    assert settled(0.02, 1_000) == 50


def test_it_finds_its_way_when_others_come_and_go() -> None:
    pace = Pace(3, 50)
    for served in (20.0, 4.0, 20.0):
        for _ in range(20_000):
            pace.took(0.01 * max(1.0, pace.limit / served))
        assert served <= pace.limit <= served + 7


def test_answers_that_take_no_time_are_no_error() -> None:
    pace = Pace(3, 50)
    pace.took(0.0)
    assert pace.limit == 3


def test_it_asks_for_the_least_where_others_keep_everything_slow() -> None:
    pace = Pace(3, 50)
    pace.took(0.01)
    for _ in range(20_000):
        pace.took(0.5)
    assert pace.limit <= 6
