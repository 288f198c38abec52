"""Keys of the events that a step may wait for: `open`, `click`, `reply`, or `custom:<name>`."""

_OF_WAIT = {"opened": "open", "clicked": "click", "replied": "reply"}


def event_key(event_type: str, name: str | None) -> str:
    """The key of a recorded event."""
    return f"custom:{name}" if event_type == "custom" else event_type


def key_of_wait(event: str) -> str:
    """The key of the event that a `wait_for` step names."""
    return _OF_WAIT.get(event, f"custom:{event}")
