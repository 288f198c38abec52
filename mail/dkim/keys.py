"""DKIM keys of a domain, and the DNS record in which receivers find the public key."""

import base64

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

BITS = 2048
"""RFC 8301 section 3.2: signers should use at least 2048 bits; receivers accept 1024 or more."""
MIN_BITS = 1024


def generate_key() -> str:
    """Generates an RSA key and returns it in PEM. It is CPU-bound: call it in a thread."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def load_key(pem: str, *, checked: bool = False) -> rsa.RSAPrivateKey:
    """Loads a private key in PEM. With `checked`, skips the validation of the numbers, which takes a tenth of a second:
    it was done when the key was stored.

    Raises ValueError with a text that says what is wrong and contains no part of the key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=checked)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("a private key in PEM, without a password, is expected") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the key must be an RSA key (rsa-sha256 is what every receiver understands)")
    if key.key_size < MIN_BITS:
        raise ValueError(f"the key has {key.key_size} bits, and {BITS} are usual")
    return key


def public_record(pem: str) -> str:
    """Returns the TXT record for `<selector>._domainkey.<domain>` (RFC 6376 section 3.6.1). Raises ValueError."""
    public = load_key(pem).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode("ascii")
