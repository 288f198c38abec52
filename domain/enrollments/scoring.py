"""The engagement score: how many points an event of a lead is worth. Events caused by machines are worth nothing."""

POINTS = {"open": 1, "click": 3, "reply": 10}


def points(event_type: str, *, machine: bool) -> int:
    return 0 if machine else POINTS.get(event_type, 0)
