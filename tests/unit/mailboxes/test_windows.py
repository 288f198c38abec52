"""When a window is open: by the clocks of its zone, across every change of them."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from domain.mailboxes.windows import (
    SendWindow,
    Span,
    WindowNeverOpens,
    WorkingHours,
    days_of,
    intersect,
    next_allowed_at,
    spans,
    why_closed,
    window_zone,
    zone_fallback,
)
from domain.zones import Zones

BERLIN = ZoneInfo("Europe/Berlin")
ALL_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def moment(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "fields", "expected"),
    [
        ("2026-11-25T10:00", {}, "2026-11-25T10:00"),
        ("2026-11-25T08:59", {}, "2026-11-25T09:00"),
        ("2026-11-25T17:00", {}, "2026-11-26T09:00"),
        # From Friday evening to Monday.
        ("2026-11-27T18:00", {}, "2026-11-30T09:00"),
        ("2026-12-24T18:00", {"holidays": ("DE",)}, "2026-12-28T09:00"),
        # Epiphany is a holiday in Bavaria, not in all of Germany.
        ("2027-01-05T18:00", {"holidays": ("DE",)}, "2027-01-06T09:00"),
        ("2027-01-05T18:00", {"holidays": ("FR", "DE-BY")}, "2027-01-07T09:00"),
        # Over midnight: the window that opens on Friday closes on Saturday. On Saturday evening it does not open.
        ("2026-11-28T05:59", {"start": "22:00", "end": "06:00"}, "2026-11-28T05:59"),
        ("2026-11-28T06:00", {"start": "22:00", "end": "06:00"}, "2026-11-30T22:00"),
        ("2026-11-25T23:59", {"start": "18:00", "end": "24:00"}, "2026-11-25T23:59"),
        ("2026-11-26T00:00", {"start": "18:00", "end": "24:00"}, "2026-11-26T18:00"),
        # The clocks go forward on 29 March and back on 25 October. The window still opens at nine.
        ("2026-03-28T12:00", {"days": ALL_WEEK}, "2026-03-28T12:00"),
        ("2026-03-28T18:00", {"days": ALL_WEEK}, "2026-03-29T09:00"),
        ("2026-10-24T18:00", {"days": ALL_WEEK}, "2026-10-25T09:00"),
        # 02:30 does not exist that night. The window opens at 03:00, the next moment.
        ("2026-03-28T18:00", {"days": ALL_WEEK, "start": "02:30"}, "2026-03-29T03:00"),
    ],
)
def test_the_next_opening_of_a_window(now: str, fields: dict[str, Any], expected: str) -> None:
    assert next_allowed_at(moment(now), SendWindow(**fields), BERLIN) == moment(expected)


@pytest.mark.parametrize(
    ("now", "fields", "why"),
    [
        ("2026-11-25T10:00", {}, None),
        ("2026-11-25T18:00", {}, "hours"),
        ("2026-11-28T10:00", {}, "weekday"),
        ("2026-11-28T20:00", {}, "weekday"),
        ("2026-12-25T10:00", {"holidays": ("DE",)}, "holiday"),
        ("2026-12-28T05:00", {"holidays": ("DE",)}, "hours"),
        # The window of Friday night does not open, because Friday is Christmas. That of Saturday has not opened yet.
        ("2026-12-26T02:00", {"days": ALL_WEEK, "start": "22:00", "end": "06:00", "holidays": ("US",)}, "holiday"),
        ("2026-12-26T07:00", {"days": ALL_WEEK, "start": "22:00", "end": "06:00", "holidays": ("US",)}, "hours"),
    ],
)
def test_the_reason_for_a_closed_window(now: str, fields: dict[str, Any], why: str | None) -> None:
    assert why_closed(SendWindow(**fields), BERLIN, moment(now)) == why


def test_the_overlap_of_two_windows() -> None:
    since = moment("2026-11-27T12:00")
    both = intersect(
        spans(SendWindow(), BERLIN, since),
        spans(SendWindow(days=("fri", "mon"), start="16:00", end="20:00"), BERLIN, since),
    )
    assert list(islice(both, 2)) == [
        Span(moment("2026-11-27T16:00"), moment("2026-11-27T17:00")),
        Span(moment("2026-11-30T16:00"), moment("2026-11-30T17:00")),
    ]


def test_days_are_those_of_the_given_zone() -> None:
    night = Span(moment("2026-11-27T22:00"), moment("2026-11-28T06:00"))
    assert list(days_of(iter([night]), BERLIN)) == [
        (date(2026, 11, 27), Span(night.start, moment("2026-11-28T00:00"))),
        (date(2026, 11, 28), Span(moment("2026-11-28T00:00"), night.end)),
    ]
    assert list(days_of(iter([night]), ZoneInfo("Pacific/Auckland"))) == [(date(2026, 11, 28), night)]


def test_a_skipped_day_opens_no_window() -> None:
    apia = ZoneInfo("Pacific/Apia")
    opened = islice(spans(SendWindow(days=ALL_WEEK), apia, moment("2011-12-29T12:00", apia)), 2)
    assert [span.start.astimezone(apia).date() for span in opened] == [date(2011, 12, 29), date(2011, 12, 31)]


def test_a_half_hour_clock_change_keeps_the_opening_time() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    for day, hours in (
        ("2026-04-05", 8.5),
        ("2026-10-04", 7.5),
    ):  # Half an hour back, from 01:30 to 01:00, and forward again.
        (span,) = islice(
            spans(SendWindow(days=ALL_WEEK, start="01:00"), lord_howe, moment(f"{day}T00:30", lord_howe)), 1
        )
        assert span.end - span.start == timedelta(hours=hours + 8)
        assert f"{span.start.astimezone(lord_howe):%H:%M}" == "01:00"


class AlwaysAHoliday(WorkingHours):
    def is_open_on(self, day: date) -> bool:
        return False


def test_a_window_that_never_opens_is_reported_without_an_endless_search() -> None:
    now = moment("2026-11-25T10:00")
    with pytest.raises(WindowNeverOpens, match="no day"):
        next_allowed_at(now, AlwaysAHoliday(), BERLIN)
    mornings, evenings = WorkingHours(end="12:00"), WorkingHours(start="18:00", end="20:00")
    with pytest.raises(WindowNeverOpens, match="in common"):
        next(intersect(spans(mornings, BERLIN, now), spans(evenings, BERLIN, now)))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"days": ["monday"]}, "invalid_day"),
        ({"days": [1]}, "invalid_day"),
        ({"days": []}, "too_short"),
        ({"start": "24:00"}, "invalid_time"),
        ({"start": "9:00"}, "invalid_time"),
        ({"end": "24:01"}, "invalid_time"),
        ({"end": "17:60"}, "invalid_time"),
        ({"end": "١٧:٠٠"}, "invalid_time"),
        ({"end": "-1:00"}, "invalid_time"),
        ({"timezone": "Mars/Olympus"}, "unknown_timezone"),
        ({"timezone": ""}, "unknown_timezone"),
        ({"timezone": "../../etc/passwd"}, "unknown_timezone"),
        ({"holidays": ["Germany"]}, "unknown_holidays"),
        ({"holidays": ["DEU"]}, "unknown_holidays"),
        ({"holidays": ["XX"]}, "unknown_holidays"),
        ({"holidays": ["DE-XX"]}, "unknown_holidays"),
        ({"holidays": ["DE-"]}, "unknown_holidays"),
        ({"holidays": ["de"]}, "unknown_holidays"),
        ({"hours": 3}, "extra_forbidden"),
    ],
)
def test_an_invalid_window_is_refused_with_a_code(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SendWindow.model_validate(fields)
    assert refused.value.errors()[0]["type"] == code


def test_the_error_lists_the_known_parts_of_a_country() -> None:
    with pytest.raises(ValidationError, match="DE-BY"):
        SendWindow(holidays=("DE-XX",))
    with pytest.raises(ValidationError, match="only SG is known"):
        SendWindow(holidays=("SG-01",))


@pytest.mark.parametrize(
    ("asked", "zones", "zone", "told"),
    [
        ("lead", Zones("Asia/Tokyo", "Europe/Berlin"), "Asia/Tokyo", None),
        ("lead", Zones("", "Europe/Berlin"), "Europe/Berlin", "the lead's time zone is not known"),
        ("lead", Zones("CET+1?", "Europe/Berlin"), "Europe/Berlin", "'CET+1?', which is no time zone"),
        ("sequence", Zones("Asia/Tokyo", "Europe/Berlin"), "Europe/Berlin", None),
        ("mailbox", Zones("Asia/Tokyo", "Europe/Berlin", mailbox="America/Lima"), "America/Lima", None),
        ("mailbox", Zones("Asia/Tokyo", "Europe/Berlin"), "Europe/Berlin", "the mailbox's time zone is not known"),
        ("Asia/Kolkata", Zones("Asia/Tokyo", "Europe/Berlin"), "Asia/Kolkata", None),
    ],
)
def test_the_time_zone_used_and_whether_it_is_the_requested_one(
    asked: str, zones: Zones, zone: str, told: str | None
) -> None:
    window = SendWindow(timezone=asked)
    assert window_zone(window, zones).key == zone
    fallback = zone_fallback(window, zones)
    assert fallback is None if told is None else told in (fallback or "")
