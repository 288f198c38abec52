"""When a delay ends, by the clock in the lead's time zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sequences.steps import Zones
from domain.sequences.steps.delay import DelayConfig

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
BERLIN = Zones("Europe/Berlin", "UTC")


def due(entered: str, zones: Zones = BERLIN, **config: Any) -> str:
    at = DelayConfig(**config).due_at(datetime.fromisoformat(entered), zones)
    zone = zones.lead or zones.sequence
    return at.astimezone(ZoneInfo(zone)).isoformat()


@pytest.mark.parametrize(
    ("entered", "config", "expected"),
    [
        # Friday 6 March 2026, 15:00 in Berlin.
        ("2026-03-06T14:00+00:00", {"days": 3}, "2026-03-09T15:00:00+01:00"),
        ("2026-03-06T14:00+00:00", {"days": 3, "business_days": True}, "2026-03-11T15:00:00+01:00"),
        ("2026-03-06T14:00+00:00", {"send_time": "09:30"}, "2026-03-07T09:30:00+01:00"),
        ("2026-03-06T14:00+00:00", {"send_time": "15:00"}, "2026-03-06T15:00:00+01:00"),
        (
            "2026-03-06T14:00+00:00",
            {"send_time": "09:30", "business_days": True},
            "2026-03-09T09:30:00+01:00",
        ),
        ("2026-03-06T14:00+00:00", {"hours": 4, "business_hours_only": True}, "2026-03-09T09:00:00+01:00"),
        ("2026-03-06T14:00+00:00", {"hours": 1, "business_hours_only": True}, "2026-03-06T16:00:00+01:00"),
        # The clocks go forward on 29 March. The delay still ends at half past nine.
        ("2026-03-27T14:00+00:00", {"days": 2, "send_time": "09:30"}, "2026-03-30T09:30:00+02:00"),
        ("2026-03-27T08:00+00:00", {"days": 3, "business_days": True}, "2026-04-01T09:00:00+02:00"),
        # 02:30 does not exist that night. The next moment is 03:00.
        ("2026-03-28T12:00+00:00", {"send_time": "02:30"}, "2026-03-29T03:00:00+02:00"),
        ("2026-03-06T14:00+00:00", {"send_time": "09:00", "timezone": "Asia/Tokyo"}, "2026-03-07T01:00:00+01:00"),
    ],
)
def test_when_a_delay_is_over(entered: str, config: dict[str, Any], expected: str) -> None:
    assert due(entered, **config) == expected


@pytest.mark.parametrize(
    ("entered", "config", "expected"),
    [
        # Thursday 24 December 2026 and the days after it: the 25th, the 26th (a Saturday) and 1 January are holidays.
        ("2026-12-24T14:00+00:00", {"days": 1, "business_days": True}, "2026-12-28T15:00:00+01:00"),
        ("2026-12-24T14:00+00:00", {"days": 6, "business_days": True}, "2027-01-05T15:00:00+01:00"),
        ("2026-12-25T14:00+00:00", {"days": 1, "business_days": True}, "2026-12-28T15:00:00+01:00"),
        ("2026-12-24T17:00+00:00", {"business_hours_only": True}, "2026-12-28T09:00:00+01:00"),
        ("2026-12-24T14:00+00:00", {"send_time": "09:30", "business_hours_only": True}, "2026-12-28T09:30:00+01:00"),
        # Without business days, a holiday is a day like any other.
        ("2026-12-24T14:00+00:00", {"days": 1, "send_time": "15:00"}, "2026-12-25T15:00:00+01:00"),
    ],
)
def test_business_days_skip_the_sequences_holidays(entered: str, config: dict[str, Any], expected: str) -> None:
    assert due(entered, Zones("Europe/Berlin", "UTC", ("DE",)), **config) == expected


def test_a_skipped_day_is_no_business_day() -> None:
    thursday = datetime(2011, 12, 30, 8, tzinfo=UTC)  # Ten in the evening in Samoa. The next day is Saturday.
    at = DelayConfig(days=1, business_days=True).due_at(thursday, Zones("Pacific/Apia", "UTC"))
    assert at.astimezone(ZoneInfo("Pacific/Apia")).isoformat() == "2012-01-02T22:00:00+14:00"


def test_a_lead_without_a_zone_uses_the_sequences_zone() -> None:
    delay = DelayConfig(send_time="09:00")
    entered = datetime(2026, 3, 6, 14, tzinfo=UTC)
    known = delay.due_at(entered, Zones("America/New_York", "Asia/Tokyo"))
    assert delay.due_at(entered, Zones("", "America/New_York")) == known
    assert delay.due_at(entered, Zones("Mars/Olympus", "America/New_York")) == known


_MOMENTS = st.integers(0, 20 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@given(
    _MOMENTS,
    st.integers(0, 30),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_a_delay_never_ends_early_or_outside_the_requested_hours(
    entered: datetime, days: int, business_days: bool, business_hours: bool, zone: str
) -> None:
    delay = DelayConfig(
        days=days, hours=1, send_time="09:30", business_days=business_days, business_hours_only=business_hours
    )
    at = delay.due_at(entered, Zones(zone, "UTC"))
    local = at.astimezone(ZoneInfo(zone))
    assert at >= entered + timedelta(days=days) - timedelta(hours=1)  # Setting the clock forward skips an hour.
    assert (local.hour, local.minute) == (9, 30)
    if business_days or business_hours:
        assert local.weekday() < 5
