"""Passwords: a stored hash matches only its password and does not reveal it."""

import base64

import pytest

from services.access.passwords import Passwords


async def test_a_stored_hash_matches_only_its_password() -> None:
    passwords = Passwords()
    first, second = await passwords.hash("correct horse"), await passwords.hash("correct horse")
    assert first != second  # each has its own salt
    assert first.split("$")[:4] == ["scrypt", "15", "8", "3"]
    for kept in (first, second):
        assert await passwords.matches("correct horse", kept)
        for other in ("correct horse ", "Correct horse", "", "x"):
            assert not await passwords.matches(other, kept)
    assert not await passwords.matches("correct horse", None)


@pytest.mark.parametrize("kept", ["scrypt$10$8$1$c2FsdHNhbHRzYWx0c2FsdA==$", "scrypt$14$8$5$c2FsdA==$"])
async def test_a_stored_hash_is_checked_with_its_own_parameters(kept: str) -> None:
    """A later release may use other parameters; stored passwords must still match."""
    passwords = Passwords()
    _, log2_n, r, p, salt, _ = kept.split("$")
    made = await passwords._derived("secret", base64.b64decode(salt), int(log2_n), int(r), int(p))
    whole = kept + base64.b64encode(made).decode()
    assert await passwords.matches("secret", whole)
    assert not await passwords.matches("secrets", whole)
