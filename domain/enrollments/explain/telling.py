"""Temporal has not been told yet."""

from typing import Any

from domain.enrollments.explain.reason import Reason, json_time
from domain.enrollments.explain.situation import Situation, Untold


def not_started(at: Situation) -> Reason | None:
    if at.untold is None or at.untold.command != "start":
        return None
    detail = f"enrolled, and Temporal has not been told yet, since {at.untold.since:%a %d %b %Y %H:%M:%S} UTC"
    return Reason("not_started", detail, _untold(at.untold))


def not_told(at: Situation) -> Reason | None:
    if at.untold is None or at.untold.command == "start":
        return None
    detail = f"Temporal has not been told `{at.untold.command}` yet, since {at.untold.since:%a %d %b %Y %H:%M:%S} UTC"
    return Reason("not_told", detail, _untold(at.untold))


def _untold(untold: Untold) -> dict[str, Any]:
    attempts = {"attempts": untold.attempts, "error": untold.error}
    return {"command": untold.command, "since": json_time(untold.since), **attempts}
