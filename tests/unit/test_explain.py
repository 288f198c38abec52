"""Of the reasons that hold, the one that binds comes first; the next moment is told only where it is known."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.explain import Situation, explain

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
UNTOLD = {"command": "resume", "since": NOW, "attempts": 1}


@pytest.mark.parametrize(
    ("fields", "codes", "until"),
    [
        ({}, ["due"], NOW),
        ({"due_at": LATER}, ["waiting"], LATER),
        ({"due_at": MUCH_LATER, "hold_until": LATER}, ["out_of_office", "waiting"], MUCH_LATER),
        ({"hold_until": NOW, "due_at": NOW}, ["due"], NOW),
        ({"due_at": LATER, "mailbox": None}, ["waiting", "no_mailbox"], None),
        ({"due_at": LATER, "mailbox": None, "sends_email": False}, ["waiting"], LATER),
        ({"mailbox": {**SENDER, "status": "held"}, "error": "ConnectionFailed: x"}, ["mailbox_held", "retrying"], None),
        ({**PAUSED, "paused_by": "lead"}, ["paused"], None),
        ({**PAUSED, "paused_by": "lead", "sequence_status": "paused"}, ["paused", "sequence_paused"], None),
        ({**PAUSED, "paused_by": "sequence", "sequence_status": "paused"}, ["sequence_paused"], None),
        # The sequence was activated, and this lead has not been let go yet.
        ({**PAUSED, "paused_by": "sequence"}, ["paused"], None),
        ({"status": "failed", "error": "NoMailbox: x", "mailbox": None}, ["failed", "no_mailbox"], None),
        ({"suppressed": True, "due_at": LATER}, ["suppressed", "waiting"], None),
        ({"status": "pending", "untold": {**UNTOLD, "command": "start"}}, ["not_started"], None),
        ({"untold": UNTOLD, "due_at": LATER}, ["not_told", "waiting"], None),
        ({"step": {"key": "w", "type": "wait_for", "config": {"event": "x"}}, "due_at": LATER},
         ["waiting_for_event"], LATER),
        ({"status": "stopped", "stop_reason": "replied", "suppressed": True, "untold": UNTOLD}, ["ended"], None),
        ({"status": "completed", "mailbox": None}, ["ended"], None),
    ],
)  # fmt: skip
def test_what_binds_comes_first(fields: dict[str, Any], codes: list[str], until: datetime | None) -> None:
    told = explain(situation(**fields))
    assert [told.reason.code, *(reason.code for reason in told.also)] == codes
    assert told.next_eligible_at == until


def test_times_are_told_where_the_lead_is() -> None:
    reason = explain(situation(due_at=LATER)).reason
    assert reason.detail == "waits at `intro` until Fri 27 Nov 2026 10:30 Europe/Berlin"
    assert reason.binds["until"] == "2026-11-27T09:30:00Z"


def test_a_failure_says_how_to_mend_it() -> None:
    assert "add a mailbox" in explain(situation(status="failed", error="NoMailbox: there is none")).reason.detail
    assert "what the error names" in explain(situation(status="failed", error="Odd: x")).reason.binds["mend"]
