"""The box that secrets are kept in."""

import base64

import pytest

from services.secret_box import SecretBox, SecretKeysMissing, SecretUnreadable, new_key

PASSWORD = "hunter2 über"


def test_the_first_key_seals_and_all_open() -> None:
    old, new = new_key(), new_key()
    sealed = SecretBox([old]).seal(PASSWORD)
    assert PASSWORD not in sealed
    ring = SecretBox([new, old])
    assert ring.open(sealed) == PASSWORD
    assert SecretBox([new]).open(ring.seal(PASSWORD)) == PASSWORD


def test_resealing_lets_the_old_key_go() -> None:
    old, new = new_key(), new_key()
    sealed = SecretBox([old]).seal(PASSWORD)
    assert SecretBox([new]).open(SecretBox([new, old]).reseal(sealed)) == PASSWORD
    with pytest.raises(SecretUnreadable):
        SecretBox([new]).reseal(sealed)


def test_what_another_key_sealed_or_somebody_changed_is_not_opened() -> None:
    box = SecretBox([new_key()])
    sealed = box.seal(PASSWORD)
    for token in (SecretBox([new_key()]).seal(PASSWORD), sealed[:-6] + "AAAA==", "nonsense", ""):
        with pytest.raises(SecretUnreadable):
            box.open(token)


def test_without_a_key_nothing_is_sealed_or_opened() -> None:
    for act in (SecretBox().seal, SecretBox().open, SecretBox().reseal):
        with pytest.raises(SecretKeysMissing):
            act("x")


def test_it_shows_nothing() -> None:
    key = new_key()
    assert key not in repr(SecretBox([key])) and key not in str(SecretBox([key]))


def test_either_alphabet_of_base64_is_a_key() -> None:
    raw = b"\xfb\xff\xbe" * 10 + b"\xfb\xff"
    one, other = SecretBox([base64.b64encode(raw).decode()]), SecretBox([base64.urlsafe_b64encode(raw).decode()])
    assert one.open(other.seal(PASSWORD)) == PASSWORD


@pytest.mark.parametrize("key", ["", "short", "§" * 44, base64.b64encode(b"k" * 16).decode()])
def test_what_is_no_key_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="32 random bytes") as refused:
        SecretBox([key])
    assert not key or key not in str(refused.value)
