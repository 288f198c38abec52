"""Keeping user names and passwords out of what servers say."""

import base64


def without_credentials(text: str, username: str, password: str) -> str:
    """`text` without what was sent to log in, in any of the forms in which a server might repeat it (RFC 4616 PLAIN,
    LOGIN)."""
    secrets = [f"\0{username}\0{password}", password, username]
    encoded = [base64.b64encode(one.encode()).decode() for one in secrets]
    for secret in [*encoded, *(one.rstrip("=") for one in encoded), password]:
        if secret:
            text = text.replace(secret, "[redacted]")
    return text
