"""The box that encrypts secrets."""

import base64

import pytest

from services.secret_box import SecretBox, SecretKeysMissing, SecretUnreadable, new_key

PASSWORD = "hunter2 über"


def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    old, new = new_key(), new_key()
    sealed = SecretBox([old]).seal(PASSWORD)
    assert PASSWORD not in sealed
    ring = SecretBox([new, old])
    assert ring.open(sealed) == PASSWORD
    assert SecretBox([new]).open(ring.seal(PASSWORD)) == PASSWORD


def test_a_resealed_secret_no_longer_needs_the_old_key() -> None:
    old, new = new_key(), new_key()
    sealed = SecretBox([old]).seal(PASSWORD)
    assert SecretBox([new]).open(SecretBox([new, old]).reseal(sealed)) == PASSWORD
    with pytest.raises(SecretUnreadable):
        SecretBox([new]).reseal(sealed)


def test_secrets_of_other_keys_and_changed_secrets_are_refused() -> None:
    box = SecretBox([new_key()])
    sealed = box.seal(PASSWORD)
    for token in (SecretBox([new_key()]).seal(PASSWORD), sealed[:-6] + "AAAA==", "nonsense", ""):
        with pytest.raises(SecretUnreadable):
            box.open(token)


def test_without_a_key_nothing_is_encrypted_or_decrypted() -> None:
    for act in (SecretBox().seal, SecretBox().open, SecretBox().reseal):
        with pytest.raises(SecretKeysMissing):
            act("x")


def test_its_text_form_shows_no_key() -> None:
    key = new_key()
    assert key not in repr(SecretBox([key])) and key not in str(SecretBox([key]))


def test_keys_may_use_either_base64_alphabet() -> None:
    raw = b"\xfb\xff\xbe" * 10 + b"\xfb\xff"
    one, other = SecretBox([base64.b64encode(raw).decode()]), SecretBox([base64.urlsafe_b64encode(raw).decode()])
    assert one.open(other.seal(PASSWORD)) == PASSWORD


@pytest.mark.parametrize("key", ["", "short", "§" * 44, base64.b64encode(b"k" * 16).decode()])
def test_an_invalid_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValueError, match="32 random bytes") as refused:
        SecretBox([key])
    assert not key or key not in str(refused.value)
