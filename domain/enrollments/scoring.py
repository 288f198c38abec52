"""The engagement score: what a lead's deeds are worth, in points. A machine's deeds are worth nothing."""

POINTS = {"open": 1, "click": 3, "reply": 10}


def points(event_type: str, *, machine: bool) -> int:
    return 0 if machine else POINTS.get(event_type, 0)
