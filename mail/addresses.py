"""What an email address is here: one that a message can be written to without SMTPUTF8.

Addresses are compared and suppressed by their normal form: trimmed, lower case, the domain in ASCII (IDNA 2008).
"""

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from domain.errors import AddressInvalid

MAX_LOCAL_PART = 64
"""Octets before the @ (RFC 5321 section 4.5.3.1.1)."""


@lru_cache(maxsize=4096)  # a sender's address stands in each of its messages, a lead's in a few
def normalise_address(text: str) -> str:
    """The address in its normal form; an internationalised domain becomes punycode.

    Raises AddressInvalid, saying why. No DNS is asked. Names reserved for tests (`.example`, `.test`) are accepted.
    """
    try:
        found = validate_email(
            text.strip(),
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
