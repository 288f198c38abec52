"""Tokens of links in mail, and HTML with links in it."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.tracked_html import tracked_html
from mail.tracking import Links, Token, TokenKey

KEY = TokenKey("a key of the installation, long enough")
TENANT, MESSAGE = uuid4(), uuid4()
LINKS = Links("https://mail.cadenza.example/", "a key of the installation, long enough").of(TENANT, MESSAGE)


def url_of(link: str) -> str:
    token = KEY.read(link.rpartition("/t/c/")[2], "click")
    assert token is not None and (token.tenant_id, token.message_id) == (TENANT, MESSAGE)
    return token.url


def test_a_token_says_what_it_was_made_for_and_nothing_else() -> None:
    token = Token("click", TENANT, MESSAGE, "https://acme.example/?a=1&b=2#c")
    text = KEY.write(token)
    assert KEY.read(text, "click") == token
    assert KEY.read(text, "open") is None and KEY.read(text, "unsubscribe") is None
    assert TokenKey("another key").read(text, "click") is None


def test_a_token_that_was_changed_anywhere_is_none_of_ours() -> None:
    text = KEY.write(Token("click", TENANT, MESSAGE, "https://acme.example/"))
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for place in range(len(raw)):
        changed = raw.copy()
        changed[place] ^= 1
        assert KEY.read(base64.urlsafe_b64encode(bytes(changed)).rstrip(b"=").decode(), "click") is None, place
    for short in (text[:-4], text + "AAAA", ""):
        assert KEY.read(short, "click") is None


@given(st.text(max_size=200))
def test_no_text_makes_it_stumble(text: str) -> None:
    assert KEY.read(text, "unsubscribe") is None


def test_links_are_rewritten_and_lead_to_where_they_led() -> None:
    html = """<html><body><p title="see href=x">Hi</p>
<A HREF='https://acme.example/a?x=1&amp;y=2' class=b>one</A> <a class="c" href=http://acme.example/b>two</a>
<map><area href="https://acme.example/c"></map></body></html>"""
    tracked = tracked_html(html, LINKS, opens=True, clicks=True)
    links = [part.split('"')[0] for part in tracked.split('"') if "/t/c/" in part]
    assert [url_of(link) for link in links] == [
        "https://acme.example/a?x=1&y=2",
        "http://acme.example/b",
        "https://acme.example/c",
    ]
    assert '<A HREF="https://mail.cadenza.example/t/c/' in tracked and "class=b>one</A>" in tracked
    assert tracked.endswith("</body></html>") and tracked.count("/t/o/") == 1


@pytest.mark.parametrize(
    "untouched",
    [
        '<a href="mailto:x@acme.example">x</a>',
        '<a href="tel:+4930">x</a>',
        '<a href="#top">x</a>',
        '<a href="/relative">x</a>',
        '<a href="javascript:alert(1)">x</a>',
        "<a name=x>x</a>",
        "<a href>x</a>",
        '<!-- <a href="https://acme.example/">x</a> -->',
        f'<a href="{LINKS.unsubscribe}">unsubscribe</a>',
        '<a href="https://acme.example/' + "x" * 2100 + '">x</a>',
        '<a title="a > b" data-href="https://acme.example/">x</a>',
        '<a href="https://acme.example/',
    ],
)
def test_what_is_no_link_of_the_web_stays(untouched: str) -> None:
    assert tracked_html(untouched, LINKS, opens=False, clicks=True) == untouched


def test_each_kind_of_tracking_can_be_off() -> None:
    html = '<a href="https://acme.example/">x</a>'
    assert tracked_html(html, LINKS, opens=False, clicks=False) == html
    assert "/t/c/" not in tracked_html(html, LINKS, opens=True, clicks=False)
    assert "/t/o/" not in tracked_html(html, LINKS, opens=False, clicks=True)
    assert tracked_html("  ", LINKS, opens=True, clicks=True) == "  "


def test_letters_beyond_ascii_and_templates_left_overs_are_escaped() -> None:
    tracked = tracked_html('<a href="https://acme.example/ü b">x</a>', LINKS, opens=False, clicks=True)
    assert url_of(tracked.split('"')[1]) == "https://acme.example/%C3%BC%20b"


@given(st.text(alphabet="<>a hrefHREF=\"'/:.!-bodyhttps\n", max_size=120))
def test_no_html_makes_it_stumble(html: str) -> None:
    tracked = tracked_html(html, LINKS, opens=True, clicks=True)
    assert isinstance(tracked, str)


def test_the_headers_of_one_click_unsubscribing() -> None:
    headers = LINKS.headers()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<https://mail.cadenza.example/u/")
    token = KEY.read(headers["List-Unsubscribe"].strip("<>").rpartition("/")[2], "unsubscribe")
    assert token == Token("unsubscribe", TENANT, UUID(int=MESSAGE.int))
