"""Webhook signatures, compared with the standard's library in both directions."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from webhooks.signing import InvalidSignature, is_secret, new_secret, signed_headers, verify

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SECRET = new_secret()


def test_the_library_verifies_our_signatures() -> None:
    now = datetime.now(UTC)
    headers = signed_headers(SECRET, "msg_1", now, '{"name":"Zoë"}')
    assert Webhook(SECRET).verify('{"name":"Zoë"}', headers) == {"name": "Zoë"}


def test_we_verify_signatures_of_the_library() -> None:
    signature = Webhook(SECRET).sign("msg_1", NOW, "From: x\r\n\r\nZoë")
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW.timestamp())), "webhook-signature": signature}
    assert verify(SECRET, headers, "From: x\r\n\r\nZoë".encode(), NOW) == "msg_1"
    # During a rotation of the secret one valid signature of several is enough.
    assert verify(
        SECRET, {**headers, "webhook-signature": f"v1,AAAA v2,x {signature}"}, "From: x\r\n\r\nZoë".encode(), NOW
    )


def test_a_body_that_is_not_utf8_is_verified() -> None:
    # 8-bit mail need not be UTF-8. The library cannot read it.
    key = Webhook(SECRET)
    body = b"\xff\xfe"
    headers = signed_headers(SECRET, "m", NOW, "")
    with pytest.raises(UnicodeDecodeError):
        key.verify(body, headers)
    with pytest.raises(InvalidSignature):
        verify(SECRET, headers, body, NOW)


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"webhook-id": "msg_2"}, b"{}"),
        ({"webhook-id": ""}, b"{}"),
        ({"webhook-timestamp": "soon"}, b"{}"),
        ({"webhook-timestamp": "-5"}, b"{}"),
        ({"webhook-timestamp": str(int((NOW - timedelta(minutes=6)).timestamp()))}, b"{}"),
        ({"webhook-signature": ""}, b"{}"),
        ({"webhook-signature": "v1,"}, b"{}"),
        ({"webhook-signature": "v1,\u00ff"}, b"{}"),
        ({"webhook-signature": "nonsense"}, b"{}"),
        ({}, b'{"forged":true}'),
    ],
)
def test_a_changed_request_is_refused(changed: dict[str, str], body: bytes) -> None:
    headers = signed_headers(SECRET, "msg_1", NOW, "{}")
    assert verify(SECRET, headers, b"{}", NOW) == "msg_1"
    with pytest.raises(InvalidSignature):
        verify(SECRET, {**headers, **changed}, body, NOW)


def test_a_request_more_than_five_minutes_old_or_ahead_is_refused() -> None:
    headers = signed_headers(SECRET, "msg_1", NOW, "{}")
    assert verify(SECRET, headers, b"{}", NOW + timedelta(minutes=5))
    for late in (timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)):
        with pytest.raises(InvalidSignature):
            verify(SECRET, headers, b"{}", NOW + late)


def test_another_secret_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        verify(new_secret(), signed_headers(SECRET, "msg_1", NOW, "{}"), b"{}", NOW)


def test_secrets_are_standard_base64_of_24_bytes() -> None:
    assert all(is_secret(new_secret()) and len(new_secret()) == 38 for _ in range(20))
    for bad in ("", "whsec_", "whsec_short", "whsec_" + "-" * 32, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"):
        assert not is_secret(bad)
