"""How many examples a property test tries: the stated number in `make test-long`, fewer in `make test`.

`pytest --hypothesis-profile full` tries as many as `make test-long`.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

QUICK, FULL = "quick", "full"
SHARE, FEW = 8, 10
"""`make test` tries an eighth of the examples, but at least ten (or all, where there are fewer)."""


def register_profiles() -> None:
    """The profiles have no deadline, because the time for an example depends on the machine."""
    usual = settings.get_profile("default").max_examples
    settings.register_profile(QUICK, max_examples=max(usual // SHARE, FEW), deadline=None)
    settings.register_profile(FULL, max_examples=usual, deadline=None)
    settings.load_profile(QUICK)


def examples(count: int, suppress_health_check: list[HealthCheck] | None = None) -> Callable[[Any], Any]:
    """Returns a decorator that tries `count` examples in the full profile."""
    return settings(max_examples=number(count), suppress_health_check=suppress_health_check or [])


def number(count: int, at_least: int = FEW) -> int:
    """Returns the number of examples in the present profile for `count` in the full one."""
    is_full = settings.get_current_profile_name() == FULL
    return count if is_full else min(count, max(count // SHARE, at_least))
