"""Limits attempts to sign in with a password, for each email address and each network address.

Counts are per process, in memory, like all rate limits (api/requests/rate_limit.py). A successful attempt does not
count, unless other tenants have a user with the same address and another password. Somebody who knows an address can
use up its attempts and so block its user from signing in with the password for that time. Existing sessions and API
keys are not affected.
"""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from api.requests.rate_limit import RateLimit, RateLimited, RateLimiter

OF_AN_EMAIL = RateLimit(per_second=10 / 900, burst=10)
OF_A_NETWORK = RateLimit(per_second=100 / 900, burst=100)
"""Higher, because a whole office may share one network address."""
# Strangers choose the addresses. Above this many, the oldest count is dropped, so memory stays bounded.
_MOST = 20_000


class SignInThrottled(RateLimited):
    """The password was not checked."""

    code = "sign_in_throttled"
    title = "Too many attempts to sign in"
    remedy = "Try again after `Retry-After` seconds: too many passwords were tried."
    retryable = True

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.detail = f"too many passwords were tried: try again after {retry_after} s"


class SignInAttempts:
    """`now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._emails = RateLimiter(OF_AN_EMAIL, now, most=_MOST)
        self._networks = RateLimiter(OF_A_NETWORK, now, most=_MOST)

    def begin(self, email: str, address: str) -> None:
        """Counts an attempt before the password is checked, so that parallel attempts count as well. Raises
        SignInThrottled."""
        for counted, key in ((self._networks, network_of(address)), (self._emails, email)):
            allowance = counted.take(key)
            if allowance.retry_after:
                raise SignInThrottled(allowance.retry_after)

    def was_right(self, email: str, address: str) -> None:
        """Removes the count of a successful attempt."""
        self._emails.give_back(email)
        self._networks.give_back(network_of(address))


def network_of(address: str) -> str:
    """Returns an IPv4 address unchanged. For an IPv6 address it returns its /64, which is what one household gets."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed.packed, 64), strict=False))
