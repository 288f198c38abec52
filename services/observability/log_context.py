"""The subject of a log line: set where a request or an activity begins, and added to every line that is logged in it.

It contains IDs only. A task that is started meanwhile keeps the subject that was set at its start.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_about: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=_NOTHING)


def begin(**ids: str) -> None:
    """Replaces the previous subject, because another request or activity begins."""
    _about.set(ids)


def add(**ids: object) -> None:
    _about.set({**_about.get(), **{name: str(value) for name, value in ids.items()}})


def current() -> Mapping[str, str]:
    return _about.get()
