"""Removes user names and passwords from the texts of servers."""

import base64


def without_credentials(text: str, username: str, password: str) -> str:
    """Replaces the credentials in `text`, in every form in which a server might repeat them (RFC 4616 PLAIN, LOGIN)."""
    secrets = [f"\0{username}\0{password}", password, username]
    encoded = [base64.b64encode(one.encode()).decode() for one in secrets]
    for secret in [*encoded, *(one.rstrip("=") for one in encoded), password]:
        if secret:
            text = text.replace(secret, "[redacted]")
    return text
