"""When a mailbox's circuit breakers trip, and when they do not."""

import pytest

from domain.mailboxes.breakers import (
    Breaker,
    BreakerSettings,
    Tally,
    explained,
    too_many_bounces,
    too_many_complaints,
    too_many_in_a_row,
)

USUAL = BreakerSettings()
NEVER = BreakerSettings(auth_failures=None, refusals=None, bounce_rate=None, complaint_rate=None)


@pytest.mark.parametrize(
    ("sent", "bounced", "trips"),
    [
        (19, 19, False),  # Too few to judge.
        (20, 1, False),  # 5 % is the limit and does not exceed it.
        (20, 2, True),
        (100, 5, False),
        (100, 6, True),
        (0, 0, False),
    ],
)
def test_the_bounce_breaker_trips_over_its_limit(sent: int, bounced: int, trips: bool) -> None:
    assert too_many_bounces(Tally(sent, bounced), USUAL) is trips
    assert not too_many_bounces(Tally(sent, bounced), NEVER)


@pytest.mark.parametrize(
    ("sent", "complained", "trips"),
    [
        (10, 1, False),  # Complaints of one person do not show a pattern.
        (10, 2, True),
        (1000, 2, False),
        (1000, 3, True),
    ],
)
def test_the_complaint_breaker_trips_over_its_limit(sent: int, complained: int, trips: bool) -> None:
    assert too_many_complaints(Tally(sent, complained), USUAL) is trips
    assert not too_many_complaints(Tally(sent, complained), NEVER)


@pytest.mark.parametrize(("kind", "most"), [(Breaker.AUTHENTICATION, 3), (Breaker.REFUSALS, 5)])
def test_the_breaker_trips_on_consecutive_failures(kind: Breaker, most: int) -> None:
    assert [too_many_in_a_row(kind, count, USUAL) for count in (most - 1, most, most + 1)] == [False, True, True]
    assert not too_many_in_a_row(kind, 1000, NEVER)


def test_every_breaker_has_a_text() -> None:
    assert len({explained(breaker) for breaker in Breaker} | {explained(None)}) == len(Breaker) + 1
