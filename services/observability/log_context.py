"""What a log line is about: known where a request or an activity begins, told by whoever writes the line.

IDs only. A task that is started meanwhile goes on with what was known then.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_about: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=_NOTHING)


def begin(**ids: str) -> None:
    """What was known before is forgotten: another request, or another activity."""
    _about.set(ids)


def add(**ids: object) -> None:
    _about.set({**_about.get(), **{name: str(value) for name, value in ids.items()}})


def current() -> Mapping[str, str]:
    return _about.get()
