"""What defers an email, and until when: the sequence's send window, its holidays, the mailbox's working hours."""

from datetime import datetime
from typing import Any

import pytest

from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import SendWindow
from domain.zones import Zones

# The lead is in New York, the mailbox in Berlin. Their days from nine to five have three hours in common.
ZONES = Zones("America/New_York", "UTC", mailbox="Europe/Berlin")
WINDOW = SendWindow(holidays=("US",))
HOURS: dict[str, Any] = {"days": ["mon", "tue", "wed", "thu"], "start": "09:00", "end": "18:00"}


@pytest.mark.parametrize(
    ("window", "hours", "moment", "closed_by", "opens_at"),
    [
        (None, None, "2026-11-29T03:00Z", None, "2026-11-29T03:00Z"),
        (WINDOW, None, "2026-11-25T13:59Z", "window", "2026-11-25T14:00Z"),
        (WINDOW, None, "2026-11-25T21:59Z", None, "2026-11-25T21:59Z"),
        # Thanksgiving.
        (WINDOW, None, "2026-11-26T15:00Z", "holiday", "2026-11-27T14:00Z"),
        (None, HOURS, "2026-11-27T10:00Z", "working_hours", "2026-11-30T08:00Z"),
        (WINDOW, HOURS, "2026-11-25T16:00Z", None, "2026-11-25T16:00Z"),
        (WINDOW, HOURS, "2026-11-25T17:00Z", "working_hours", "2026-11-30T14:00Z"),
        (WINDOW, HOURS, "2026-11-27T15:00Z", "working_hours", "2026-11-30T14:00Z"),
        (WINDOW, HOURS, "2026-11-30T10:00Z", "window", "2026-11-30T14:00Z"),
    ],
)
def test_the_reason_for_a_deferral_is_named(
    window: SendWindow | None, hours: dict[str, Any] | None, moment: str, closed_by: str | None, opens_at: str
) -> None:
    sending = SendingHours.of(window, hours, ZONES)
    assert sending.closed_by(datetime.fromisoformat(moment)) == closed_by
    assert sending.opens_at(datetime.fromisoformat(moment)) == datetime.fromisoformat(opens_at)


def test_an_unknown_time_zone_is_reported() -> None:
    unknown = SendingHours(WINDOW, None, Zones("", "Europe/Berlin"))
    assert unknown.zone_fallback == "the lead's time zone is not known: Europe/Berlin, the sequence's, is used"
    assert SendingHours(None, None, Zones("", "Europe/Berlin")).zone_fallback is None


def test_a_deferral_names_the_time_zone_and_the_holiday() -> None:
    hours = SendingHours.of(SendWindow(holidays=("DE", "US")), HOURS, Zones("", "America/New_York", mailbox="UTC"))
    thanksgiving = datetime.fromisoformat("2026-11-26T15:00Z")
    zone = {"timezone": "America/New_York", "zone_unknown": "lead"}
    assert hours.deferral(thanksgiving) == {"cause": "holiday", "place": "US", "holiday": "Thanksgiving Day", **zone}
    assert hours.deferral(datetime.fromisoformat("2026-11-25T12:00Z")) == {"cause": "window", **zone}
    friday = datetime.fromisoformat("2026-11-27T15:00Z")
    assert hours.deferral(friday) == {"cause": "working_hours", "timezone": "UTC"}
    assert hours.deferral(datetime.fromisoformat("2026-11-30T15:00Z")) is None
