"""How many examples a property is tried with: the named number in `make test-long`, fewer in `make test`.

`pytest --hypothesis-profile full` tries as many as `make test-long`.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

QUICK, FULL = "quick", "full"
SHARE, FEW = 8, 10
"""`make test` tries an eighth of them, but at least ten (or all, where there are fewer)."""


def register_profiles() -> None:
    """No deadline: how long an example takes depends on the machine."""
    usual = settings.get_profile("default").max_examples
    settings.register_profile(QUICK, max_examples=max(usual // SHARE, FEW), deadline=None)
    settings.register_profile(FULL, max_examples=usual, deadline=None)
    settings.load_profile(QUICK)


def examples(count: int, suppress_health_check: list[HealthCheck] | None = None) -> Callable[[Any], Any]:
    """A decorator: `count` examples in the full profile."""
    return settings(max_examples=number(count), suppress_health_check=suppress_health_check or [])


def number(count: int, at_least: int = FEW) -> int:
    """Of examples in the present profile, where the full one has `count`."""
    is_full = settings.get_current_profile_name() == FULL
    return count if is_full else min(count, max(count // SHARE, at_least))
