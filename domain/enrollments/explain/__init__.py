"""Why nothing is being sent to a lead right now. Pure: the same situation always has the same reasons.

Each cause is one function that returns a reason if the cause applies. `CAUSES` lists them by precedence: the first one
that applies is the reason, and the others are given beside it. To add a cause, write its function and add it to
`CAUSES`.
"""

from datetime import datetime

from domain.enrollments.explain.limits import daily_cap, holiday, hourly_cap, minimum_gap, window, working_hours
from domain.enrollments.explain.reason import Cause, Explanation, Reason
from domain.enrollments.explain.sending import due, mailbox_held, mailbox_unhealthy, no_mailbox, retrying
from domain.enrollments.explain.situation import Situation
from domain.enrollments.explain.standing import company_replied, ended, failed, paused, sequence_paused, suppressed
from domain.enrollments.explain.telling import not_started, not_told
from domain.enrollments.explain.waits import out_of_office, waiting, waiting_for_event

__all__ = ["CAUSES", "Cause", "Explanation", "Reason", "Situation", "explain"]

CAUSES: tuple[Cause, ...] = (
    ended,
    failed,
    paused,
    company_replied,
    sequence_paused,
    suppressed,
    not_started,
    not_told,
    out_of_office,
    waiting_for_event,
    waiting,
    no_mailbox,
    mailbox_unhealthy,
    mailbox_held,
    window,
    holiday,
    working_hours,
    daily_cap,
    hourly_cap,
    minimum_gap,
    retrying,
)
"""By precedence. If none of them applies, the reason is `due`."""


def explain(at: Situation) -> Explanation:
    """Returns the reason, the other reasons that apply too, and the next moment at which something may be sent."""
    reasons = [reason for cause in CAUSES if (reason := cause(at)) is not None] or [due(at)]
    if at.status.ended:
        return Explanation(reasons[0], None, [])  # after the end nothing else matters
    return Explanation(reasons[0], _next_eligible(reasons), reasons[1:])


def _next_eligible(reasons: list[Reason]) -> datetime | None:
    moments = [reason.until for reason in reasons]
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None
