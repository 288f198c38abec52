"""How many emails come after the first one, and when. A mailbox keeps send slots free for them. Pure."""

from datetime import UTC, datetime

from domain.engine.walk import Wait, enter
from domain.sequences.sequence import Plan, Step

PLANNED_DAYS = 120
"""Send slots are kept free for up to this many days ahead."""
_SOME_MONDAY = datetime(2024, 1, 1, 9, tzinfo=UTC)


def first_email(plan: Plan, now: datetime, lead_zone: str = "") -> tuple[Step, datetime] | None:
    """Returns the first email for a lead that is enrolled now, and when it is due; None for a sequence without
    emails."""
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
    """Returns how many days after this email each later one is due, for a lead that never answers.

    It assumes that every branch leads to the next step and that every wait lasts to its end. Emails with a `mailbox_id`
    of their own are left out: they need no slot of this mailbox.
    """
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
