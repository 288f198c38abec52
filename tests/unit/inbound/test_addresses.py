"""The fast address pattern agrees with the library."""

import pytest
from email_validator import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import AddressInvalid
from mail.addresses import normalise_address, ordinary_address
from tests.properties import examples

# Parts of valid and invalid addresses.
PIECES = [
    "a",
    "Z",
    "9",
    "-",
    "--",
    "_",
    "'",
    "+",
    ".",
    "..",
    "@",
    "xn--",
    "ab--c",
    "İ",
    "\u212a",
    "é",
    "ſ",
    " ",
    "\n",
    "%",
]
ENDINGS = [
    "com",
    "COM",
    "de",
    "c",
    "example",
    "test",
    "local",
    "localhost",
    "arpa",
    "onion",
    "invalid",
    "c0m",
    "xn--p1ai",
]
label = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
long_label = st.integers(60, 66).map(lambda length: "a" * length)
word = st.text("abcXYZ019_'+-", min_size=1, max_size=70)
local = st.lists(st.one_of(label, word), min_size=1, max_size=3).map(".".join)
host = st.lists(st.one_of(label, long_label, st.from_regex(r"[a-z0-9-]{1,10}", fullmatch=True)), min_size=1, max_size=5)
domain = st.builds(lambda labels, ending: ".".join([*labels, ending]), host, st.sampled_from(ENDINGS))
address = st.builds(lambda before, after: f"{before}@{after}", local, domain)


def by_library(text: str) -> str:
    found = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    assert found.ascii_email is not None
    return found.ascii_email.lower()


@examples(2_000)
@given(st.one_of(address, st.text(max_size=40), st.emails()))
@example("Sales@Example.COM")
@example("a@" + "b" * 63 + ".de")
@example("a@" + ".".join(["b" * 60] * 4) + ".de")
@example("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".com")
@example("postmaster@printer.local")
@example("a@b.\u212aom")
def test_the_library_accepts_what_the_pattern_accepts_in_the_same_form(text: str) -> None:
    normal = ordinary_address(text)
    if normal is not None:
        assert normal == by_library(text)


@pytest.mark.parametrize(
    "text", ["Lead.1@Company1.example", "o'brien+news@mail.acme-corp.co.uk", "a_b@1and1.de", "x@y.museum"]
)
def test_the_pattern_accepts_plain_addresses(text: str) -> None:
    assert ordinary_address(text) == text.lower() == normalise_address(f"  {text} ")


@pytest.mark.parametrize(
    "text", ["a@b", "a@b.local", "a..b@c.de", "a@-b.de", "a" * 65 + "@b.de", "a@" + "b" * 64 + ".de"]
)
def test_invalid_addresses_are_refused(text: str) -> None:
    assert ordinary_address(text) is None
    with pytest.raises(AddressInvalid):
        normalise_address(text)


def test_unusual_valid_addresses_are_accepted() -> None:
    assert normalise_address("Jose@EXÄMPLE.example") == "jose@xn--exmple-cua.example"
    assert normalise_address("a=b@acme.example") == "a=b@acme.example"
