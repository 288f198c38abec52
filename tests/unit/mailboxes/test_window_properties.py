"""Windows in every time zone, near clock changes, compared with a clock that is read minute by minute."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.mailboxes.holidays import holiday_name
from domain.mailboxes.windows import (
    WEEK,
    SendWindow,
    Span,
    WorkingHours,
    days_of,
    intersect,
    next_allowed_at,
    spans,
    why_closed,
)
from domain.sequences.business_time import add_business_days, next_business_moment, next_time_of_day
from domain.zones import first_showing, is_skipped
from tests.properties import examples
from tests.unit.mailboxes.wall_clock import DAY, MINUTE, ZONES, WallClock, changes

LOOK = 3 * DAY
"""How far ahead the test checks every minute."""

clocks = st.times().map(lambda time: f"{time:%H:%M}")
weeks = st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True).map(tuple)
windows = st.builds(WorkingHours, days=weeks, start=clocks, end=clocks | st.just("24:00"))
holidays = st.lists(st.sampled_from(["DE", "DE-BY", "US", "US-CA", "JP", "IR", "WS", "BR"]), max_size=3, unique=True)


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draws a zone, and a minute within three days of a change of its clocks."""
    name = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(name)))
    return name, change + draw(st.integers(-3 * 1440, 3 * 1440)) * MINUTE


# Half an hour of summer time; a skipped day (twice); clocks set back over midnight, to a minute past it; a change of
# two hours; winter time in summer; an offset of 44 minutes and a half.
LORD_HOWE = ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 50, tzinfo=UTC))
APIA = ("Pacific/Apia", datetime(2011, 12, 30, 8, 0, tzinfo=UTC))
KWAJALEIN = ("Pacific/Kwajalein", datetime(1993, 8, 20, 20, 0, tzinfo=UTC))
SKIPPED_SATURDAY = ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, 0, tzinfo=UTC))
HAVANA = ("America/Havana", datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
ST_JOHNS = ("America/St_Johns", datetime(2009, 11, 1, 2, 30, tzinfo=UTC))
TROLL = ("Antarctica/Troll", datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
DUBLIN = ("Europe/Dublin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
CASABLANCA = ("Africa/Casablanca", datetime(2026, 2, 15, 1, 30, tzinfo=UTC))
MONROVIA = ("Africa/Monrovia", datetime(1972, 1, 7, 0, 30, tzinfo=UTC))
KATHMANDU = ("Asia/Kathmandu", datetime(1985, 12, 31, 18, 20, tzinfo=UTC))
NIGHT = WorkingHours(days=WEEK, start="22:00", end="06:00")


@given(near_a_change(), windows, holidays)
@example(LORD_HOWE, WorkingHours(days=WEEK, start="01:45", end="02:15"), [])
@example(APIA, WorkingHours(days=("fri",)), [])
@example(KWAJALEIN, WorkingHours(days=("sat", "sun"), start="00:00", end="24:00"), [])
@example(SKIPPED_SATURDAY, WorkingHours(days=("sat",), start="00:01", end="00:01"), [])
@example(HAVANA, WorkingHours(days=WEEK, start="00:30", end="00:45"), [])
@example(ST_JOHNS, WorkingHours(days=WEEK, start="23:30", end="24:00"), [])
@example(TROLL, WorkingHours(days=WEEK, start="01:30", end="02:30"), [])
@example(DUBLIN, NIGHT, [])
@example(CASABLANCA, NIGHT, [])
@example(MONROVIA, NIGHT, [])
@example(KATHMANDU, NIGHT, [])
@examples(200)
def test_the_next_opening_is_the_first_minute_in_the_window(
    where: tuple[str, datetime], hours: WorkingHours, places: list[str]
) -> None:
    name, now = where
    zone, window = ZoneInfo(name), SendWindow(**hours.model_dump(), holidays=tuple(places))
    clock = WallClock(zone, now, now + LOOK)
    off = [day for day in days_around(now) if any(holiday_name(day, place) for place in places)]
    at = next_allowed_at(now, window, zone)
    assert at >= now
    until = min(at, now + LOOK)
    assert not any(clock.is_open(window, off, moment) for moment in minutes(now, until))
    if at <= now + LOOK - MINUTE:
        # Exact to the second: where an offset has seconds, a window opens between two whole minutes.
        assert clock.is_open(window, off, at if at == now else at + MINUTE - timedelta.resolution)
    assert (why_closed(window, zone, now) is None) == (at == now)


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "back"])
def test_a_window_opens_at_nine_local_time_in_every_zone(forward: bool) -> None:
    window, checked = WorkingHours(days=WEEK), 0
    for name in ZONES:
        zone = ZoneInfo(name)
        turns = [one for one in changes(name) if (offset(one, zone) > offset(one - DAY / 24, zone)) is forward]
        for change in turns[-1:]:
            opened = list(islice(spans(window, zone, change - 3 * DAY), 1, 7))
            assert {f"{span.start.astimezone(zone):%H:%M}" for span in opened} == {"09:00"}, name
            assert {f"{span.end.astimezone(zone):%H:%M}" for span in opened} == {"17:00"}, name
            assert [next_allowed_at(span.start, window, zone) for span in opened] == [span.start for span in opened]
            checked += 1
    assert checked > 350


@given(near_a_change(), windows, windows)
@examples(100)
def test_the_overlap_of_two_windows_is_in_both(
    where: tuple[str, datetime], one: WorkingHours, other: WorkingHours
) -> None:
    name, now = where
    zone, elsewhere = ZoneInfo(name), ZoneInfo("Asia/Kolkata")
    until = now + 14 * DAY
    a, b = within(spans(one, zone, now), until), within(spans(other, elsewhere, now), until)
    both = list(intersect(iter(a), iter(b)))
    assert all(earlier.end <= later.start for earlier, later in pairwise(both))
    edges = {moment for span in (*a, *b) for moment in (span.start, span.end - timedelta.resolution)}
    for moment in edges:
        assert any(moment in span for span in both) == (any(moment in s for s in a) and any(moment in s for s in b))


@given(near_a_change(), windows)
@example(ST_JOHNS, WorkingHours(days=WEEK, start="00:00", end="24:00"))
@example(APIA, WorkingHours(days=WEEK, start="20:00", end="08:00"))
@examples(100)
def test_cutting_spans_at_midnight_loses_nothing(where: tuple[str, datetime], window: WorkingHours) -> None:
    name, now = where
    zone = ZoneInfo(name)
    whole = within(spans(window, zone, now), now + 8 * DAY)
    pieces = list(days_of(iter(whole), zone))
    assert [day for day, _ in pieces] == sorted(day for day, _ in pieces)
    for day, piece in pieces:
        assert first_showing(day, time(), zone) <= piece.start < piece.end <= first_showing(day + DAY, time(), zone)
    joined = list[Span]()
    for _, piece in pieces:
        if joined and joined[-1].end == piece.start and piece.start not in {span.start for span in whole}:
            joined[-1] = Span(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    assert joined == whole


@given(near_a_change(), st.integers(0, 15), holidays)
@example(APIA, 1, [])
@examples(200)
def test_business_days_match_a_count_day_by_day(where: tuple[str, datetime], days: int, places: list[str]) -> None:
    name, now = where
    zone, codes = ZoneInfo(name), tuple(places)
    at = add_business_days(now, days, zone, codes)
    assert at >= now
    begun, local = now.astimezone(zone), at.astimezone(zone)
    between = [begun.date() + number * DAY for number in range(1, (local.date() - begun.date()).days + 1)]
    working = [day for day in between if is_business_day(day, zone, codes)]
    assert is_business_day(local.date(), zone, codes)
    assert len(working) == (days if is_business_day(begun.date(), zone, codes) else max(days, 1))
    if at != now:
        assert at == first_showing(local.date(), begun.time(), zone)


@given(near_a_change(), st.times(), st.booleans(), holidays)
@example(APIA, time(9), True, [])
@examples(200)
def test_a_time_of_day_is_its_next_occurrence(
    where: tuple[str, datetime], clock: time, business_days: bool, places: list[str]
) -> None:
    name, now = where
    zone, codes, clock = ZoneInfo(name), tuple(places), clock.replace(second=0, microsecond=0)
    at = next_time_of_day(now, clock, zone, business_days=business_days, holidays=codes)
    assert at >= now
    if business_days:
        assert is_business_day(at.astimezone(zone).date(), zone, codes)
    begun = now.astimezone(zone).date()
    candidates = [begun + number * DAY for number in range((at - now).days + 3)]
    if business_days:
        candidates = [day for day in candidates if is_business_day(day, zone, codes)]
    shown = [first_showing(day, clock, zone) for day in candidates if not is_skipped(day, zone)]
    assert at == min(moment for moment in shown if moment >= now)
    opens = next_business_moment(now, zone, codes)
    local = opens.astimezone(zone)
    assert is_business_day(local.date(), zone, codes) and time(9) <= local.time() < time(17)
    assert opens >= now


def is_business_day(day: date, zone: ZoneInfo, places: tuple[str, ...]) -> bool:
    return day.weekday() < 5 and not any(holiday_name(day, place) for place in places) and not is_skipped(day, zone)


def minutes(since: datetime, until: datetime) -> list[datetime]:
    """Returns every whole minute from `since` on, `until` excluded."""
    return [since + number * MINUTE for number in range(int((until - since) / MINUTE))]


def days_around(moment: datetime) -> list[date]:
    return [moment.date() + number * DAY for number in range(-5, 10)]


def within(of: Iterator[Span], until: datetime) -> list[Span]:
    return list(takewhile(lambda span: span.end <= until, of))


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
