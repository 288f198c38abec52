"""Of several reasons, the one that decides comes first. The next time of a send is given only where it is known."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.enrollments.explain import Situation, explain

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
LATER, MUCH_LATER = NOW + timedelta(days=2), NOW + timedelta(days=9)
SENDER = {"id": UUID(int=4), "status": "active"}
EMAIL = {"key": "intro", "type": "email"}


def situation(**fields: Any) -> Situation:
    usual: dict[str, Any] = {
        "enrollment_id": UUID(int=1),
        "lead_id": UUID(int=2),
        "sequence_id": UUID(int=3),
        "status": "active",
        "due_at": NOW,
        "sequence_status": "active",
        "lead_zone": "Europe/Berlin",
        "suppressed": False,
        "step": EMAIL,
        "sends_email": True,
        "mailbox": SENDER,
        "now": NOW,
    }
    return Situation.model_validate({**usual, **fields})


PAUSED = {"status": "paused", "paused_at": NOW, "due_at": LATER}
UNSENT = {"command": "resume", "since": NOW, "attempts": 1}


@pytest.mark.parametrize(
    ("fields", "codes", "until"),
    [
        ({}, ["due"], NOW),
        ({"due_at": LATER}, ["waiting"], LATER),
        ({"due_at": MUCH_LATER, "hold_until": LATER}, ["out_of_office", "waiting"], MUCH_LATER),
        ({"hold_until": NOW, "due_at": NOW}, ["due"], NOW),
        ({"due_at": LATER, "mailbox": None}, ["waiting", "no_mailbox"], None),
        ({"due_at": LATER, "mailbox": None, "sends_email": False}, ["waiting"], LATER),
        ({"mailbox": {**SENDER, "status": "held"}, "error": "no_free_slot: x"}, ["mailbox_held", "retrying"], None),
        ({**PAUSED, "paused_by": "lead"}, ["paused"], None),
        ({**PAUSED, "paused_by": "lead", "sequence_status": "paused"}, ["paused", "sequence_paused"], None),
        ({**PAUSED, "paused_by": "sequence", "sequence_status": "paused"}, ["sequence_paused"], None),
        # The sequence was activated, and this lead has not been released yet.
        ({**PAUSED, "paused_by": "sequence"}, ["paused"], None),
        ({"status": "failed", "error": "no_mailbox: x", "mailbox": None}, ["failed", "no_mailbox"], None),
        ({"suppressed": True, "due_at": LATER}, ["suppressed", "waiting"], None),
        ({"status": "pending", "untold": {**UNSENT, "command": "start"}}, ["not_started"], None),
        ({"untold": UNSENT, "due_at": LATER}, ["not_told", "waiting"], None),
        ({"step": {"key": "w", "type": "wait_for", "config": {"event": "x"}}, "due_at": LATER},
         ["waiting_for_event"], LATER),
        ({"status": "stopped", "stop_reason": "replied", "suppressed": True, "untold": UNSENT}, ["ended"], None),
        ({"status": "completed", "mailbox": None}, ["ended"], None),
    ],
)  # fmt: skip
def test_the_deciding_reason_comes_first(fields: dict[str, Any], codes: list[str], until: datetime | None) -> None:
    told = explain(situation(**fields))
    assert [told.reason.code, *(reason.code for reason in told.also)] == codes
    assert told.next_eligible_at == until


# NOW is Wednesday, half past ten in Berlin; LATER is Friday, MUCH_LATER a Friday too.
MONDAYS = {"days": ["mon"], "timezone": "lead"}
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)
WAIT = {"key": "wait", "type": "delay", "config": {"days": 2}}
CHRISTMAS = datetime(2026, 12, 25, 9, tzinfo=UTC)


def deferred(cause: str, **more: Any) -> dict[str, Any]:
    return {"deferral": {"cause": cause, "mailbox_id": str(UUID(int=4)), **more}, "due_at": LATER}


@pytest.mark.parametrize(
    ("fields", "codes", "until"),
    [
        # Due now or soon, while the window is closed.
        ({"send_window": MONDAYS}, ["window"], MONDAY),
        ({"send_window": {}}, ["due"], NOW),
        ({"send_window": MONDAYS, "due_at": LATER}, ["waiting", "window"], MONDAY),
        ({"send_window": MONDAYS, "step": WAIT, "following": EMAIL, "due_at": LATER}, ["waiting", "window"], MONDAY),
        ({"send_window": MONDAYS, "step": WAIT, "following": EMAIL | {"delay_seconds": 3 * 86400}, "due_at": LATER},
         ["waiting"], LATER),
        ({"send_window": MONDAYS, "step": WAIT, "following": WAIT, "due_at": LATER}, ["waiting"], LATER),
        ({"send_window": MONDAYS, **PAUSED, "paused_by": "lead"}, ["paused"], None),
        ({"send_window": {"holidays": ["DE"]}, "due_at": CHRISTMAS}, ["waiting", "holiday"],
         datetime(2026, 12, 28, 8, tzinfo=UTC)),
        ({"mailbox": {**SENDER, "working_hours": {"days": ["mon"]}, "timezone": "Asia/Tokyo"}}, ["working_hours"],
         datetime(2026, 11, 30, 0, tzinfo=UTC)),
        # The two windows never overlap, so no time can be given.
        ({"send_window": {"days": ["tue"]}, "mailbox": {**SENDER, "working_hours": {"days": ["mon"]}}},
         ["window"], None),
        # Deferred by the attempt to send.
        (deferred("window"), ["window"], LATER),
        (deferred("holiday", place="DE", holiday="New Year's Day"), ["holiday"], LATER),
        (deferred("working_hours"), ["working_hours"], LATER),
        (deferred("daily_cap", cap=50, taken=48, planned=2, day="2026-11-25"), ["daily_cap"], LATER),
        (deferred("hourly_cap", cap=5), ["hourly_cap"], LATER),
        (deferred("minimum_gap", seconds=90, jitter_seconds=30), ["minimum_gap"], LATER),
        (deferred("daily_cap", cap=50, taken=50) | {"hold_until": MUCH_LATER, "due_at": MUCH_LATER},
         ["out_of_office", "daily_cap"], MUCH_LATER),
        # Held by a person or by the circuit breaker while it waited.
        (deferred("mailbox_held") | {"due_at": None, "mailbox": {**SENDER, "status": "held"}}, ["mailbox_held"], None),
        ({"mailbox": {**SENDER, "status": "held", "hold_reason": "bounce_rate", "held_at": NOW}, **deferred("window")},
         ["mailbox_unhealthy", "window"], None),
        ({**PAUSED, "paused_by": "company"}, ["company_replied"], None),
    ],
)  # fmt: skip
def test_the_reason_for_a_deferral_is_named(fields: dict[str, Any], codes: list[str], until: datetime | None) -> None:
    test_the_deciding_reason_comes_first(fields, codes, until)


def test_the_deciding_reason_is_given_as_text_and_figures() -> None:
    window = explain(situation(send_window=MONDAYS)).reason
    assert window.detail == (
        "the email waits for the send window (Mon 09:00 to 17:00 Europe/Berlin):"
        " nothing is sent before Mon 30 Nov 2026 09:00 Europe/Berlin"
    )
    assert window.binds["hours"] == {"days": ["mon"], "start": "09:00", "end": "17:00"}
    unknown = explain(situation(send_window=MONDAYS, lead_zone="", sequence_zone="Asia/Tokyo")).reason
    assert unknown.detail.endswith("the lead's time zone is not known: Asia/Tokyo, the sequence's, is used")
    assert (unknown.binds["zone_unknown"], unknown.binds["timezone"]) == ("lead", "Asia/Tokyo")
    christmas = explain(situation(send_window={"holidays": ["FR", "DE"]}, due_at=CHRISTMAS)).also[0]
    assert "a holiday (FR Christmas Day)" in christmas.detail
    busy = {"mailbox": {**SENDER, "sent_today": 45}}
    full = explain(situation(**busy, **deferred("daily_cap", cap=50, taken=48, planned=2, day="2026-11-25"))).reason
    assert full.detail == (
        "the mailbox may send 50 emails a day and has sent 45 today; Wed 25 Nov 2026 is full (48 sent or due, and 2"
        " reserved for leads already in a sequence): this one leaves Fri 27 Nov 2026 10:30 Europe/Berlin; raise its"
        " daily cap, or add a mailbox"
    )
    assert {"cap": 50, "sent_today": 45, "taken": 48, "planned": 2, "day": "2026-11-25"}.items() <= full.binds.items()
    held = explain(situation(mailbox={**SENDER, "status": "held", "hold_reason": "bounce_rate", "held_at": NOW})).reason
    assert "is held since Wed 25 Nov 2026 10:30 Europe/Berlin" in held.detail
    assert "too many of its last emails came back" in held.detail
    assert (held.binds["hold_reason"], held.binds["since"]) == ("bounce_rate", "2026-11-25T09:30:00Z")


def test_times_are_given_in_the_leads_zone() -> None:
    reason = explain(situation(due_at=LATER)).reason
    assert reason.detail == "waits at `intro` until Fri 27 Nov 2026 10:30 Europe/Berlin"
    assert reason.binds["until"] == "2026-11-27T09:30:00Z"


def test_a_failure_names_its_remedy() -> None:
    failed = explain(situation(status="failed", error="no_mailbox: there is none", remedy="Add a mailbox.")).reason
    assert failed.binds["mend"] == "Add a mailbox. Then resume the enrollment."
    assert failed.detail.endswith("(no_mailbox: there is none). Add a mailbox. Then resume the enrollment.")
    unknown = explain(situation(status="failed", error="odd: x")).reason
    assert unknown.binds["mend"] == "Correct what the error names. Then resume the enrollment."
