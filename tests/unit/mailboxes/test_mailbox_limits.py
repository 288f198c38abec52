"""How many emails a mailbox may send on a day, and on which days it is likely to be asked for them."""

from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.mailboxes.limits import MailboxLimits
from domain.mailboxes.send_times import Horizons, SendTimes
from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import SendWindow
from domain.sequences.later_emails import days_to_later_emails, first_email
from domain.sequences.sequence import Plan
from domain.zones import Zones

BEGAN = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("daily", "start", "increase", "began", "day", "cap"),
    [
        (50, None, None, None, 2, 50),
        (None, None, None, None, 2, None),
        (50, 5, 5, BEGAN, 2, 5),
        (50, 5, 5, BEGAN, 4, 15),
        (50, 5, 5, BEGAN, 30, 50),
        (None, 5, 5, BEGAN, 12, 55),
        # Before the warm-up begins, and while its start is not set, the limit is that of the first day.
        (50, 5, 5, BEGAN, 1, 5),
        (50, 5, 5, None, 30, 5),
    ],
)
def test_the_limit_of_a_new_mailbox_grows_during_warm_up(
    daily: int | None, start: int | None, increase: int | None, began: date | None, day: int, cap: int | None
) -> None:
    limits = MailboxLimits(daily, ramp_start=start, ramp_increase=increase, ramp_started_on=began)
    assert limits.cap_on(date(2026, 11, day)) == cap


def test_jitter_is_constant_per_lead_and_differs_between_leads() -> None:
    limits, step = MailboxLimits(gap_jitter_seconds=600), UUID(int=1)
    leads = [uuid4() for _ in range(200)]
    drawn = [limits.jitter(lead, step, 1).total_seconds() for lead in leads]
    assert drawn == [limits.jitter(lead, step, 1).total_seconds() for lead in leads]
    assert 0 <= min(drawn) < 60
    assert 540 < max(drawn) <= 600


def plan(*steps: tuple[str, str, dict[str, object]]) -> Plan:
    made = [{"id": str(uuid4()), "key": key, "type": type_, "config": config} for key, type_, config in steps]
    return Plan.model_validate({"name": "S", "settings": {}, "steps": made})


def email(key: str, **config: object) -> tuple[str, str, dict[str, object]]:
    return key, "email", {"subject": "Hi", "body_text": "Hi", **config}


def delay(key: str, days: int) -> tuple[str, str, dict[str, object]]:
    return key, "delay", {"days": days}


def test_room_is_kept_for_the_emails_of_a_lead_that_never_replies() -> None:
    branch = {"if": {"any": ["replied"]}, "then": {"stop": True}}
    condition: tuple[str, str, dict[str, object]] = ("c", "condition", {"branches": [branch]})
    own = email("own", mailbox_id=str(uuid4()))
    before = [delay("d0", 1), email("a"), delay("d1", 3), condition, email("b"), delay("d2", 4)]
    one = plan(*before, own, email("c2"), delay("d3", 200), email("d"))
    first = first_email(one, datetime(2026, 11, 2, tzinfo=UTC))
    assert first is not None
    assert (first[0].key, first[1]) == ("a", datetime(2026, 11, 3, tzinfo=UTC))
    # No room is kept for the email of another mailbox, nor for one that is too far away.
    assert days_to_later_emails(one, first[0]) == [3, 7]


def test_consecutive_requests_for_days_continue_each_other() -> None:
    hours = SendingHours.of(SendWindow(), None, Zones("", "Europe/Berlin"))
    times = SendTimes(hours, MailboxLimits(7), ZoneInfo("Europe/Berlin"))
    now = datetime(2026, 11, 4, 10, 30, tzinfo=UTC)  # A Wednesday, in the window.
    whole = times.open_days(now, 400)
    near, far = times.open_days(now, 60), times.open_days(now, 400, 60)
    assert near.days + far.days == whole.days
    assert near.opens + far.opens == whole.opens
    assert whole.days[:4] == [date(2026, 11, day) for day in (4, 5, 6, 9)]
    assert times.today(now) == date(2026, 11, 4)
    assert times.today(datetime(2026, 11, 7, 12, tzinfo=UTC)) is None


def test_the_first_request_covers_the_horizon_found_before() -> None:
    horizons, mailbox = Horizons(), uuid4()
    assert next(horizons.of(mailbox)) == (0, 60)
    horizons.found(mailbox, 200)
    ahead = list(horizons.of(mailbox))
    assert ahead[0] == (0, 234)
    assert ahead[-1][1] >= 7300
    assert all(one[1] == other[0] for one, other in pairwise(ahead))
