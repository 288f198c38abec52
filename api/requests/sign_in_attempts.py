"""How often somebody may try to sign in with a password: for each email address and each network address.

Counted by each process for itself and forgotten with it, as all requests are (api/requests/rate_limit.py). What was
right does not count, unless other tenants know the address, too, by another password. Whoever knows an address can
keep its person
from signing in with the password meanwhile; a session that there is, and an API key, go on.
"""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from api.requests.rate_limit import RateLimit, RateLimited, RateLimiter

OF_AN_EMAIL = RateLimit(per_second=10 / 900, burst=10)
OF_A_NETWORK = RateLimit(per_second=100 / 900, burst=100)
"""An office is one address: of many people each may mistype."""
# Strangers make them: whoever sends more addresses than this makes the oldest be forgotten, not the memory grow.
_MOST = 20_000


class SignInThrottled(RateLimited):
    """The password was not looked at."""

    code = "sign_in_throttled"
    title = "Too many attempts to sign in"

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.detail = f"too many passwords were tried: try again after {retry_after} s"


class SignInAttempts:
    """`now` is a clock that only goes forward, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._emails = RateLimiter(OF_AN_EMAIL, now, most=_MOST)
        self._networks = RateLimiter(OF_A_NETWORK, now, most=_MOST)

    def begin(self, email: str, address: str) -> None:
        """Counts one, before the password is looked at: many at once are as many. Raises SignInThrottled."""
        for counted, who in ((self._networks, network_of(address)), (self._emails, email)):
            allowance = counted.take(who)
            if allowance.retry_after:
                raise SignInThrottled(allowance.retry_after)

    def was_right(self, email: str, address: str) -> None:
        """The attempt is not counted after all."""
        self._emails.give_back(email)
        self._networks.give_back(network_of(address))


def network_of(address: str) -> str:
    """An IPv4 address as it is; of an IPv6 address its /64, which is what one household gets."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed.packed, 64), strict=False))
