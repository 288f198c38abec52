"""Causes in which the due time is still to come."""

from domain.enrollments.explain.reason import Reason, json_time
from domain.enrollments.explain.situation import Situation


def out_of_office(at: Situation) -> Reason | None:
    if at.hold_until is None or at.hold_until <= at.now:
        return None
    binds = {"hold_until": json_time(at.hold_until)}
    detail = f"the lead is out of office: nothing is sent before {at.local(at.hold_until)}"
    return Reason("out_of_office", detail, binds, until=at.hold_until)


def waiting_for_event(at: Situation) -> Reason | None:
    if at.is_due or at.is_held or at.step is None or at.step.type != "wait_for":
        return None
    event = str(at.step.config.get("event", ""))
    binds = {**at.step_binds(), "event": event, "until": json_time(at.due_at), "until_local": at.local(at.due_at)}
    detail = f"waits at {at.at_step} for `{event}`, until {at.local(at.due_at)} at the latest"
    return Reason("waiting_for_event", detail, binds, until=at.due_at)


def waiting(at: Situation) -> Reason | None:
    if at.is_due or at.is_held or at.deferral or waiting_for_event(at):
        return None
    binds = {**at.step_binds(), "until": json_time(at.due_at), "until_local": at.local(at.due_at)}
    return Reason("waiting", f"waits at {at.at_step} until {at.local(at.due_at)}", binds, until=at.due_at)
