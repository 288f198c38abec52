"""Removes private data from the texts of mail servers: addresses, user names and passwords.

The texts go into logs, workflow histories and API responses.
"""

import base64
import re

MAX_TEXT = 300
"""Characters of a redacted text."""
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]+@[^\s<>\"'(),;\[\]]+")


def without_credentials(text: str, username: str, password: str) -> str:
    """Replaces the credentials in `text`, in every form in which a server might repeat them (RFC 4616 PLAIN, LOGIN)."""
    secrets = [f"\0{username}\0{password}", password, username]
    encoded = [base64.b64encode(one.encode()).decode() for one in secrets]
    for secret in [*encoded, *(one.rstrip("=") for one in encoded), password]:
        if secret:
            text = text.replace(secret, "[redacted]")
    return text


def mask_addresses(text: str) -> str:
    return _ADDRESS.sub("[address]", text)


def redact(text: str, *private: str) -> str:
    """Returns `text` on one line of at most MAX_TEXT characters, with every address and each of `private` masked."""
    text = mask_addresses(" ".join(text.split()))
    for word in {word for word in private if len(word) > 2}:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "[redacted]", text, flags=re.IGNORECASE)
    return text[:MAX_TEXT]
