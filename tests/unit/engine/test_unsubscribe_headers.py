"""The two headers by which mail programs unsubscribe a reader."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest

from cadenza.errors import StartError
from cadenza.settings import Settings
from mail.compose import Outgoing, compose
from mail.links import Links
from mail.unsubscribe_headers import unsubscribe_headers

KEY = "a key that signs the links in mail, for tests"
LINKS = Links("https://mail.cadenza.example", KEY).of(UUID(int=1), UUID(int=2))


def test_there_is_one_https_link_with_one_click() -> None:
    headers = unsubscribe_headers(LINKS, None)
    assert headers == {
        "List-Unsubscribe": f"<{LINKS.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    token = LINKS.unsubscribe.rpartition("/")[2]
    assert UUID(int=1).hex not in token and "@" not in token, "it contains no personal data"


def test_a_watched_mailbox_is_offered_as_an_address() -> None:
    headers = unsubscribe_headers(LINKS, "sam+x&y@sender.example")
    mailto = "<mailto:sam%2Bx%26y@sender.example?subject=unsubscribe>"
    assert headers["List-Unsubscribe"] == f"<{LINKS.unsubscribe}>, {mailto}"
    # Without a link there is no one-click header.
    assert unsubscribe_headers(None, "sam@sender.example") == {
        "List-Unsubscribe": "<mailto:sam@sender.example?subject=unsubscribe>"
    }
    assert unsubscribe_headers(None, None) == {}


def test_both_headers_are_in_the_message_unchanged() -> None:
    message = Outgoing(
        message_id="<1@sender.example>",
        date=datetime(2026, 3, 4, tzinfo=UTC),
        from_address="sam@sender.example",
        to_address="ada@acme.example",
        subject="Hi",
        text="Hi",
        headers=unsubscribe_headers(LINKS, "sam@sender.example"),
    )
    raw = compose(message)
    parsed = message_from_bytes(raw, policy=default)
    assert f"<{LINKS.unsubscribe}>" in raw.decode(), "a folded or encoded link would not work"
    assert str(parsed["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert raw.count(b"List-Unsubscribe") == 3


@pytest.mark.parametrize(
    ("url", "dev", "fine"),
    [
        ("https://mail.acme.example", False, True),
        ("http://127.0.0.1:8000", False, True),
        ("http://mail.acme.example", True, True),
        ("http://mail.acme.example", False, False),
    ],
)
def test_links_must_be_https_except_in_development(url: str, dev: bool, fine: bool) -> None:
    settings = Settings.model_validate({"public_url": url, "dev": dev, "signing_key": "x" * 32})
    if fine:
        assert settings.links() is not None
    else:
        with pytest.raises(StartError, match="must begin with https"):
            settings.links()
