"""Tokens of links in mail, and the rewriting of links in HTML."""

import base64
import hmac
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.html.tracked import tracked_html
from mail.links import Kind, Links, Token, TokenKey
from mail.unsubscribe_headers import unsubscribe_headers
from tests.properties import examples

KEY = TokenKey("a key of the installation that is long enough")
TENANT, MESSAGE = uuid4(), uuid4()
LINKS = Links("https://mail.cadenza.example/", "a key of the installation that is long enough").of(TENANT, MESSAGE)


def url_of(link: str) -> str:
    token = KEY.read(link.rpartition("/t/c/")[2], "click")
    assert token is not None and (token.tenant_id, token.message_id) == (TENANT, MESSAGE)
    return token.url


def test_a_token_is_valid_only_for_its_kind_and_key() -> None:
    token = Token("click", TENANT, MESSAGE, "https://acme.example/?a=1&b=2#c")
    text = KEY.write(token)
    assert KEY.read(text, "click") == token
    assert KEY.read(text, "open") is None and KEY.read(text, "unsubscribe") is None
    assert TokenKey("another key").read(text, "click") is None


def test_a_changed_token_is_invalid() -> None:
    text = KEY.write(Token("click", TENANT, MESSAGE, "https://acme.example/"))
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for place in range(len(raw)):
        changed = raw.copy()
        changed[place] ^= 1
        assert KEY.read(base64.urlsafe_b64encode(bytes(changed)).rstrip(b"=").decode(), "click") is None, place
    for short in (text[:-4], text + "AAAA", ""):
        assert KEY.read(short, "click") is None


def test_a_key_ring_signs_with_its_first_key_and_verifies_with_all() -> None:
    newest, old = "the newest key of all", "a key that was in use until yesterday"
    token = Token("unsubscribe", TENANT, MESSAGE)
    ring, retired = TokenKey(f"{newest}, {old}"), TokenKey(newest)
    assert ring.write(token) == TokenKey(newest).write(token)
    assert ring.read(TokenKey(old).write(token), "unsubscribe") == token
    assert retired.read(TokenKey(old).write(token), "unsubscribe") is None
    assert ring.read(TokenKey("a third key of somebody else's ring").write(token), "unsubscribe") is None


def test_a_single_key_with_a_comma_still_verifies() -> None:
    with_comma = "a key of an installation, that had a comma"
    token = Token("unsubscribe", TENANT, MESSAGE)
    said = b"u" + TENANT.bytes + MESSAGE.bytes
    key = hmac.digest(with_comma.encode(), b"cadenza/links", "sha256")
    raw = said + hmac.digest(key, said, "sha256")[:16]
    assert TokenKey(with_comma).read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), "unsubscribe") == token


@given(st.data())
def test_a_token_has_only_one_spelling(data: st.DataObject) -> None:
    """Another case, another alphabet or unused bits at the end may decode to the same bytes, but are refused."""
    text = KEY.write(Token("click", TENANT, MESSAGE, "https://acme.example/" + "x" * data.draw(st.integers(0, 3))))
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCXYZabcxyz0189-_+/=~%\u00e9 "))
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        assert KEY.read(changed, "click") is None
    assert KEY.read(text.swapcase(), "click") is None


def test_a_token_contains_no_personal_data_and_has_one_kind() -> None:
    kinds: list[Kind] = ["open", "click", "unsubscribe"]
    tokens = [KEY.write(Token(kind, TENANT, MESSAGE)) for kind in kinds]
    assert [[KEY.read(text, kind) is not None for kind in kinds] for text in tokens] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    raw = base64.urlsafe_b64decode(tokens[0] + "==")
    assert raw[1:-16] == TENANT.bytes + MESSAGE.bytes


@given(st.text(max_size=200))
def test_any_text_can_be_read_as_a_token(text: str) -> None:
    assert KEY.read(text, "unsubscribe") is None


def test_rewritten_links_lead_to_the_original_targets() -> None:
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
def test_links_that_are_not_web_addresses_stay_unchanged(untouched: str) -> None:
    assert tracked_html(untouched, LINKS, opens=False, clicks=True) == untouched


def test_each_kind_of_tracking_can_be_disabled() -> None:
    html = '<a href="https://acme.example/">x</a>'
    assert tracked_html(html, LINKS, opens=False, clicks=False) == html
    assert "/t/c/" not in tracked_html(html, LINKS, opens=True, clicks=False)
    assert "/t/o/" not in tracked_html(html, LINKS, opens=False, clicks=True)
    assert tracked_html("  ", LINKS, opens=True, clicks=True) == "  "


def test_non_ascii_letters_and_left_over_template_tags_are_escaped() -> None:
    tracked = tracked_html('<a href="https://acme.example/ü b">x</a>', LINKS, opens=False, clicks=True)
    assert url_of(tracked.split('"')[1]) == "https://acme.example/%C3%BC%20b"


@given(st.text(alphabet="<>a hrefHREF=\"'/:.!-bodyhttps\n", max_size=120))
def test_any_html_can_be_rewritten(html: str) -> None:
    tracked = tracked_html(html, LINKS, opens=True, clicks=True)
    assert isinstance(tracked, str)


def test_unsubscribe_headers_support_one_click() -> None:
    headers = unsubscribe_headers(LINKS, None)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<https://mail.cadenza.example/u/")
    token = KEY.read(headers["List-Unsubscribe"].strip("<>").rpartition("/")[2], "unsubscribe")
    assert token == Token("unsubscribe", TENANT, UUID(int=MESSAGE.int))


_SCHEMES = ["http://", "https://", "HTTPS://", "//", "javascript:", "data:", "https:", "https:///", "ftp://"]
_HOSTS = [
    *["acme.example", "ACME.example", "acme.example:8443", "b\u00fccher.example", "stra\u00dfe.example", "[::1]:80"],
    *["good.example@evil.example", "good.example:x@evil.example", "good.example\\@evil.example", "%65vil.example"],
    *["evil.example%00.acme.example", "evil.example%2f@acme.example", "a b.example", "", "-", "evil\uff0eexample"],
    *["evil.example\u2044x", "xn--bcher-kva.example", "acme.example.", "acme.example:port", "mail.cadenza.example"],
]
_ASSEMBLED = st.tuples(
    *map(st.sampled_from, (["", " ", "\t", "\x01"], _SCHEMES, _HOSTS, ["", "/", "?", "#", "\\", "@"])),
    st.text(max_size=30),
)
_URLS = st.builds("".join, _ASSEMBLED) | st.text(alphabet="htps:/\\@.ex%0aAdD\r\n\t?#[]", max_size=60)


@examples(500)
@given(_URLS)
def test_a_link_keeps_its_target_or_is_not_rewritten(url: str) -> None:
    """A URL that two programs read differently is not rewritten."""
    link = LINKS.click(url)
    if link == url:
        return
    target = url_of(link)
    assert target.isascii() and target.isprintable() and " " not in target and "\\" not in target
    parts, written = urlsplit(target), urlsplit(url.strip())
    assert parts.scheme in ("http", "https") and parts.username is None and parts.password is None
    assert parts.hostname and "%" not in parts.netloc
    # The host as written; an internationalised one as it is asked in DNS.
    host = written.hostname or ""
    assert parts.hostname == (host if host.isascii() else idna.encode(host, uts46=True).decode())
    assert not target.startswith("https://mail.cadenza.example/")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://b\u00fccher.example/\u00fc?q=\u00e4#\u00f6", "https://xn--bcher-kva.example/%C3%BC?q=%C3%A4#%C3%B6"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example"),  # IDNA 2008: not strasse
        (" https://acme.example/a\r\n b\t", "https://acme.example/a%20b"),
        ("https://acme.example/%0d%0aSet-Cookie:%20a=b", "https://acme.example/%0d%0aSet-Cookie:%20a=b"),
        ("HTTPS://ACME.example/A", "HTTPS://ACME.example/A"),
        ("https://acme.example/?next=//evil.example", "https://acme.example/?next=//evil.example"),
    ],
)
def test_targets_are_normalised_like_in_a_browser(url: str, target: str) -> None:
    assert url_of(LINKS.click(url)) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://good.example@evil.example/",
        "https://user:secret@acme.example/",
        "https://good.example\\@evil.example/",
        "https:\\\\evil.example/",
        "//evil.example/",
        "https:evil.example",
        "https:///evil.example",
        "\x01https://evil.example/",
        "https://evil.example%2f.acme.example/",
        "https://acme.example:99999999/",
        "https://[::1/",
        "https://acme.example/" + "\u00fc" * 400,
    ],
)
def test_ambiguous_links_are_not_rewritten(url: str) -> None:
    assert LINKS.click(url) == url
