"""How many emails come after the first one, and when: what a mailbox must keep room for. Pure."""

from datetime import UTC, datetime

from domain.engine.walk import Wait, enter
from domain.sequences.sequence import Plan, Step

PLANNED_DAYS = 120
"""So far ahead room is kept."""
_SOME_MONDAY = datetime(2024, 1, 1, 9, tzinfo=UTC)


def first_email(plan: Plan, now: datetime, lead_zone: str = "") -> tuple[Step, datetime] | None:
    """The first email of a lead that is enrolled now, and when it is due if nothing keeps it; None without any."""
    step: Step | None = plan.first
    while step is not None:
        arrival = enter(step, now, plan.zones(lead_zone))
        assert isinstance(arrival, Wait), "a step is entered, not the end"
        now = arrival.due_at
        if step.type == "email":
            return step, now
        step = plan.after(step)
    return None


def days_to_later_emails(plan: Plan, step: Step) -> list[int]:
    """So many days after this email the following ones are due, for a lead that never answers: every branch goes on to
    the next step, every wait is waited to its end. Emails from a mailbox of their own are not among them."""
    zones, moment, offsets = plan.zones(""), _SOME_MONDAY, list[int]()
    following = plan.after(step)
    while following is not None:
        arrival = enter(following, moment, zones)
        assert isinstance(arrival, Wait), "a step is entered, not the end"
        moment = arrival.due_at
        if following.type == "email" and getattr(following.config, "mailbox_id", None) is None:
            offsets.append((moment - _SOME_MONDAY).days)
        following = plan.after(following)
    return [days for days in offsets if days <= PLANNED_DAYS]
