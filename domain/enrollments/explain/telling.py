"""The cause that a change of the enrollment has not reached Temporal yet."""

from typing import Any

from domain.enrollments.explain.reason import Reason, json_time
from domain.enrollments.explain.situation import Situation, Untold


def not_started(at: Situation) -> Reason | None:
    if at.untold is None or at.untold.command != "start":
        return None
    return Reason("not_started", f"enrolled, but {_not_told_since('it', at.untold)}", _untold(at.untold))


def not_told(at: Situation) -> Reason | None:
    if at.untold is None or at.untold.command == "start":
        return None
    return Reason("not_told", _not_told_since(f"`{at.untold.command}`", at.untold), _untold(at.untold))


def _not_told_since(what: str, untold: Untold) -> str:
    return f"{what} has not reached Temporal yet, since {untold.since:%a %d %b %Y %H:%M:%S} UTC"


def _untold(untold: Untold) -> dict[str, Any]:
    attempts = {"attempts": untold.attempts, "error": untold.error}
    return {"command": untold.command, "since": json_time(untold.since), **attempts}
