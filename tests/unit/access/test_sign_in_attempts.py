"""The limit on attempts to sign in, for each email address and each network."""

import pytest

from api.requests.rate_limit import RateLimit, RateLimiter
from api.requests.sign_in_attempts import OF_A_NETWORK, OF_AN_EMAIL, SignInAttempts, SignInThrottled, network_of
from tests.unit.access.clock import Clock


def test_an_email_address_has_ten_attempts_from_all_networks() -> None:
    clock = Clock()
    attempts = SignInAttempts(clock)
    for number in range(OF_AN_EMAIL.burst):
        attempts.begin("ada@acme.example", f"192.0.2.{number}")
    with pytest.raises(SignInThrottled) as refused:
        attempts.begin("ada@acme.example", "192.0.2.200")
    assert refused.value.retry_after == 90
    attempts.begin("grace@acme.example", "192.0.2.200")
    clock.seconds += refused.value.retry_after
    attempts.begin("ada@acme.example", "192.0.2.200")
    with pytest.raises(SignInThrottled):
        attempts.begin("ada@acme.example", "192.0.2.200")


def test_a_network_has_a_hundred_attempts_for_all_addresses() -> None:
    attempts = SignInAttempts(Clock())
    for number in range(OF_A_NETWORK.burst):
        attempts.begin(f"{number}@acme.example", f"2001:db8::{number:x}")
    with pytest.raises(SignInThrottled):
        attempts.begin("one-more@acme.example", "2001:db8::ffff")
    attempts.begin("one-more@acme.example", "2001:db8:0:1::1")


def test_successful_attempts_do_not_count() -> None:
    attempts = SignInAttempts(Clock())
    who = ("ada@acme.example", "192.0.2.1")
    for _ in range(2 * OF_A_NETWORK.burst):
        attempts.begin(*who)
        attempts.was_right(*who)
    for _ in range(OF_AN_EMAIL.burst):
        attempts.begin(*who)
    with pytest.raises(SignInThrottled):
        attempts.begin(*who)


def test_the_number_of_buckets_is_bounded() -> None:
    rates = RateLimiter(RateLimit(per_second=1, burst=1), Clock(), most=3)
    for who in "abcad":  # a was used again, so b is dropped
        rates.take(who)
    assert list(rates._buckets) == ["c", "a", "d"]
    assert rates.take("b").retry_after == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network
