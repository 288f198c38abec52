"""DKIM (RFC 6376 section 3.6.1): checks that the key that mail is signed with is published and strong enough."""

import base64
import binascii

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mail.dns.findings import Finding
from mail.dns.lookup import DnsLookup, NoDnsAnswer
from mail.dns.tags import tags_of

MIN_BITS = 1024
GOOD_BITS = 2048
"""RFC 8301 section 3.2."""


async def check_dkim(lookup: DnsLookup, domain: str, selector: str | None, ours: str | None = None) -> Finding:
    """`ours`: the record of the key that Cadenza signs with; None if it does not sign this domain's mail."""
    if selector is None:
        return Finding("unresolved", "the selector, by which a DKIM key is found, is not known")
    name = f"{selector}._domainkey.{domain}"
    answer = await lookup(name, "TXT")
    if isinstance(answer, NoDnsAnswer):
        return Finding("unresolved", answer.why, facts={"selector": selector})
    if not answer.values:
        return Finding("missing", f"there is no DKIM key at {name}", facts={"selector": selector})
    record = answer.values[0]
    facts = {"selector": selector}
    if len(answer.values) > 1:
        return Finding(
            "fail", f"{name} has {len(answer.values)} TXT records, and a receiver may use any of them", record
        )
    wrong, bits = _inspected(record)
    if wrong is None and ours is not None and _key_of(ours) != _key_of(record):
        wrong = "it is not the key that mail is signed with here"
    if wrong is not None:
        return Finding("fail", f"the DKIM key at {name} does not work: {wrong}", record, facts)
    weak = f"; {bits} bits are weak, {GOOD_BITS} are usual" if bits and bits < GOOD_BITS else ""
    return Finding("pass", f"a DKIM key is published{weak}", record, facts | {"bits": bits})


def _inspected(record: str) -> tuple[str | None, int | None]:
    """Returns what is wrong with a key record (None if nothing), and the bits of an RSA key."""
    tags = tags_of(record)
    if tags is None or "p" not in tags or tags.get("v", "DKIM1") != "DKIM1":
        return "it is not a DKIM record", None
    kind = tags.get("k", "rsa")
    raw = _key_of(record)
    if raw == b"":
        return "it was revoked (its `p` is empty)", None
    if raw is None:
        return "its `p` is not base64", None
    if kind == "ed25519":
        return (None if len(raw) == 32 else "it is not an Ed25519 key"), None
    if kind != "rsa":
        return f"the key type {kind!r} is unknown", None
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return "its `p` is not a public key", None
    if not isinstance(key, RSAPublicKey):
        return "it is not an RSA key", None
    return (None if key.key_size >= MIN_BITS else f"{key.key_size} bits are too few"), key.key_size


def _key_of(record: str) -> bytes | None:
    written = (tags_of(record) or {}).get("p", "")
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except binascii.Error:
        return None
