"""DKIM signatures (RFC 6376): rsa-sha256, relaxed/relaxed.

`dkimpy` parses and canonicalises; the tests verify the signatures with its verifier. `cryptography` makes the
signature: dkimpy's own RSA takes 26 ms of Python for a 2048 bit key, which blocks the event loop.
"""

import base64
import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from dkim import canonicalization, rfc822_parse  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from mail.dkim.keys import load_key

# Receivers offer one-click unsubscribe only if both List-Unsubscribe headers are covered (RFC 8058 section 4).
SIGNED = (
    *("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
_LINE = 72

Headers = list[tuple[bytes, bytes]]
# dkimpy has no types.
_parse = cast("Callable[[bytes], tuple[Headers, bytes]]", rfc822_parse)
_relaxed = cast(Any, canonicalization).Relaxed
_relaxed_headers = cast("Callable[[Headers], Headers]", _relaxed.canonicalize_headers)
_relaxed_body = cast("Callable[[bytes], bytes]", _relaxed.canonicalize_body)


class DkimSigner:
    """Signs the mail of one domain with one key."""

    def __init__(self, domain: str, selector: str, private_key: str) -> None:
        """`private_key` is in PEM. Raises ValueError if it is not a valid key."""
        self._domain = domain
        self._selector = selector
        self._key = load_key(private_key, checked=True)

    def __repr__(self) -> str:
        return f"DkimSigner({self._domain!r}, {self._selector!r})"

    def sign(self, message: bytes) -> bytes:
        """Returns the message with a DKIM-Signature header in front. It must not be changed afterwards."""
        headers, body = _parse(message)
        last = {name.lower(): (name, value) for name, value in headers}
        names = [name for name in SIGNED if name.encode() in last]
        # "from" is listed once more than it occurs: a From header that is added later breaks the signature (section
        # 8.15).
        unsigned = self._header(["from", *names], _relaxed_body(body))
        covered = [last[name.encode()] for name in names]
        data = b"".join(name + b":" + value for name, value in _relaxed_headers(covered))
        [(name, value)] = _relaxed_headers([(b"dkim-signature", unsigned)])
        data += name + b":" + value.rstrip(b"\r\n")
        signature = base64.b64encode(self._key.sign(data, PKCS1v15(), SHA256()))
        return b"DKIM-Signature:" + unsigned.rstrip(b"\r\n") + _folded(signature) + b"\r\n" + message

    def _header(self, names: Sequence[str], canonical_body: bytes) -> bytes:
        """Returns the value of the header with an empty `b`, which is what is signed (section 3.7)."""
        body_hash = base64.b64encode(hashlib.sha256(canonical_body).digest()).decode("ascii")
        # The real clock, even if development has shifted the lead's clock: receivers refuse signatures from the future.
        tags = [
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; t={int(time.time())}",
            f"d={self._domain}; s={self._selector}",
            "h="
            + ":".join(names[:6])
            + "".join(f":\r\n  {':'.join(names[i : i + 4])}" for i in range(6, len(names), 4)),
            f"bh={body_hash}",
            "b=",
        ]
        return b" " + ";\r\n ".join(tags).encode("ascii") + b"\r\n"


def _folded(signature: bytes) -> bytes:
    lines = [signature[i : i + _LINE] for i in range(0, len(signature), _LINE)]
    return b"\r\n  ".join(lines)
