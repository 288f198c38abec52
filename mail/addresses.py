"""What an email address is here: one that a message can be written to without SMTPUTF8.

Addresses are compared and suppressed by their normal form: trimmed, lower case, the domain in ASCII (IDNA 2008).
"""

import re
from functools import lru_cache

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from domain.errors import AddressInvalid

MAX_LOCAL_PART = 64
"""Octets before the @ (RFC 5321 section 4.5.3.1.1)."""
MAX_ADDRESS = 254

# Less than the library accepts, and nothing else: what nearly all addresses look like. It judges a row of a lead file
# in a fiftieth of the time; tests/unit/inbound/test_addresses.py holds it to the library's word. Each repetition can
# end in one way only, so that no text makes it search.
_ORDINARY = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_'+-]+(?:\.[a-z0-9_'+-]+)*"
    r"@(?:(?=[a-z0-9-]{1,63}\.)[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,63})",
    re.ASCII | re.IGNORECASE,
)
_SPECIAL_ENDINGS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def normalise_address(text: str) -> str:
    """The address in its normal form; an internationalised domain becomes punycode.

    Raises AddressInvalid, saying why. No DNS is asked. Names reserved for tests (`.example`, `.test`) are accepted.
    """
    address = text.strip()
    return ordinary_address(address) or _judged(address)


def ordinary_address(address: str) -> str | None:
    """The normal form of a plain address, by a pattern; None for one that the library has to judge."""
    found = _ORDINARY.fullmatch(address) if len(address) <= MAX_ADDRESS else None
    if found is None:
        return None
    normal = address.lower()
    return None if normal[found.start(1) :] in _SPECIAL_ENDINGS else normal


@lru_cache(maxsize=4096)  # a sender's address stands in each of its messages, a lead's in a few
def _judged(address: str) -> str:
    try:
        found = validate_email(
            address,
            check_deliverability=False,
            test_environment=True,
            # Strict: a local part over 64 octets is refused, as a server may (RFC 5321 section 4.5.3.1.1).
            strict=True,
        )
    except EmailNotValidError as error:
        raise AddressInvalid(str(error)) from error
    if found.ascii_email is None:
        # RFC 6531 is not deployed widely enough to send to these; saying so now beats a bounce later.
        raise AddressInvalid("the part before the @-sign has letters beyond ASCII, which most mail servers refuse")
    return found.ascii_email.lower()


def masked(address: str) -> str:
    """As its owner knows it and nobody else: the first letter before and after the @, and the domain's ending."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain[:1]}•••{domain[domain.rfind('.') :] if '.' in domain else ''}"
