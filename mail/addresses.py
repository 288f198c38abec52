"""Which email addresses are accepted, and their normal form. Only addresses that need no SMTPUTF8 are accepted.

Two addresses are the same if their normal forms are equal (also for suppressions). The normal form is
trimmed, lower case, the domain in ASCII (IDNA 2008).
"""

import re
from functools import lru_cache

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from domain.errors import AddressInvalid

MAX_ADDRESS = 254

# Matches a subset of what the library accepts, which covers nearly all real addresses. It checks a row of a lead file
# in a fiftieth of the time; tests/unit/inbound/test_addresses.py compares it with the library. Each repetition can end
# in only one way, so no input causes backtracking.
_ORDINARY = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_'+-]+(?:\.[a-z0-9_'+-]+)*"
    r"@(?:(?=[a-z0-9-]{1,63}\.)[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,63})",
    re.ASCII | re.IGNORECASE,
)
_SPECIAL_ENDINGS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def normalise_address(text: str) -> str:
    """Returns the address in its normal form. An internationalised domain becomes punycode.

    Raises AddressInvalid with the reason. Makes no DNS query. Names reserved for tests (`.example`, `.test`) are
    accepted.
    """
    address = text.strip()
    return ordinary_address(address) or _validated(address)


def ordinary_address(address: str) -> str | None:
    """Returns the normal form if the address matches the fast pattern; None if the library has to validate it."""
    found = _ORDINARY.fullmatch(address) if len(address) <= MAX_ADDRESS else None
    if found is None:
        return None
    normal = address.lower()
    return None if normal[found.start(1) :] in _SPECIAL_ENDINGS else normal


@lru_cache(maxsize=4096)  # a sender's address occurs in each of its messages, a lead's in a few
def _validated(address: str) -> str:
    try:
        found = validate_email(
            address,
            check_deliverability=False,
            test_environment=True,
            # Strict: refuse a local part over 64 octets, as a server may (RFC 5321 section 4.5.3.1.1).
            strict=True,
        )
    except EmailNotValidError as error:
        raise AddressInvalid(str(error)) from error
    if found.ascii_email is None:
        # Too few servers support RFC 6531 to send to these addresses. Refusing them now avoids a bounce later.
        raise AddressInvalid("the part before the @-sign has letters beyond ASCII, which most mail servers refuse")
    return found.ascii_email.lower()


def masked(address: str) -> str:
    """Hides most of the address: keeps the first letter before and after the @, and the top-level domain. The owner
    recognises it; others cannot guess it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain[:1]}•••{domain[domain.rfind('.') :] if '.' in domain else ''}"
