"""Encodes folder names in IMAP's modified UTF-7 (RFC 3501 section 5.1.3)."""

import base64
import re

_BEYOND = re.compile(r"[^ -~]+")


def encoded(name: str) -> bytes:
    """Encodes a folder name: `Entwürfe & mehr` becomes `Entw&APw-rfe &- mehr`."""
    return _BEYOND.sub(lambda run: _shifted(run.group()), name.replace("&", "&-")).encode("ascii")


def _shifted(run: str) -> str:
    packed = base64.b64encode(run.encode("utf-16-be", "surrogatepass")).rstrip(b"=").replace(b"/", b",")
    return f"&{packed.decode('ascii')}-"
