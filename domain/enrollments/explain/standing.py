"""Causes in which a person or a failure has stopped the sending."""

from domain.enrollments.explain.reason import Reason, json_time
from domain.enrollments.explain.situation import Situation
from domain.enrollments.status import EnrollmentStatus


def ended(at: Situation) -> Reason | None:
    if not at.status.ended:
        return None
    how = f"stopped: {at.stop_reason}" if at.stop_reason else "completed: it has gone through the whole sequence"
    binds = {"status": at.status.value, "stop_reason": at.stop_reason, "ended_at": json_time(at.ended_at)}
    return Reason("ended", f"the enrollment has ended ({how})", binds)


def failed(at: Situation) -> Reason | None:
    if at.status is not EnrollmentStatus.FAILED:
        return None
    error = at.error or "no error was recorded"
    mend = f"{at.remedy or 'Correct what the error names.'} Then resume the enrollment."
    binds = {**at.step_binds(), "error": error, "mend": mend}
    return Reason("failed", f"{at.at_step} has failed and is not tried again ({error}). {mend}", binds)


def paused(at: Situation) -> Reason | None:
    if at.status is not EnrollmentStatus.PAUSED or at.paused_by == "company":
        return None
    if at.paused_by == "sequence" and at.sequence_status == "paused":
        return None
    since = at.local(at.paused_at)
    binds = {"by": at.paused_by, "since": json_time(at.paused_at)}
    return Reason("paused", f"paused by the {at.paused_by or 'lead'} since {since}: resume it", binds)


def company_replied(at: Situation) -> Reason | None:
    if at.status is not EnrollmentStatus.PAUSED or at.paused_by != "company":
        return None
    detail = f"a colleague of the lead replied, so the lead is paused since {at.local(at.paused_at)}: resume it"
    return Reason("company_replied", detail, {"by": at.paused_by, "since": json_time(at.paused_at)})


def sequence_paused(at: Situation) -> Reason | None:
    if at.sequence_status != "paused":
        return None
    binds = {"sequence_id": str(at.sequence_id)}
    return Reason("sequence_paused", "the sequence is paused, and all its leads wait: activate it", binds)


def suppressed(at: Situation) -> Reason | None:
    if not at.suppressed:
        return None
    detail = "the lead's address, or its domain, is on the suppression list: the next email stops the enrollment"
    return Reason("suppressed", detail, {"lead_id": str(at.lead_id)})
