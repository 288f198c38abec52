"""Passwords of people, as scrypt hashes (RFC 7914) with the parameters that OWASP's Password Storage Cheat Sheet asks
for: N = 2^15, r = 8, p = 3. A hash takes 32 MiB and some tenths of a second of one core, so a few are made at a time.

What a password must be is what NIST SP 800-63B wants (section 3.1.1.2): long, and nothing else. Before it is hashed it
is brought into the form NFKC, since two keyboards may write one letter in two ways.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import unicodedata

MIN_LENGTH = 12
MAX_LENGTH = 256

_LOG2_N, _R, _P = 15, 8, 3
_SALT_BYTES, _HASH_BYTES = 16, 32
_AT_ONCE = 2


class Passwords:
    """Hashes and checks, for one process. Who asks while others are served waits for a turn."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """What is kept of it."""
        salt = secrets.token_bytes(_SALT_BYTES)
        made = await self._derived(password, salt, _LOG2_N, _R, _P)
        return "$".join(("scrypt", str(_LOG2_N), str(_R), str(_P), _written(salt), _written(made)))

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether it is the one that was hashed. Where nothing is kept it is not, which takes as long to find out."""
        if kept is None:
            await self.hash(password)
            return False
        _, log2_n, r, p, salt, hashed = kept.split("$")
        made = await self._derived(password, _read(salt), int(log2_n), int(r), int(p))
        return hmac.compare_digest(made, _read(hashed))

    async def _derived(self, password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
        normal = unicodedata.normalize("NFKC", password).encode()
        async with self._turn:
            return await asyncio.to_thread(
                hashlib.scrypt,
                normal,
                salt=salt,
                n=2**log2_n,
                r=r,
                p=p,
                maxmem=2 * 128 * r * (2**log2_n + p),
                dklen=_HASH_BYTES,
            )


def _written(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _read(written: str) -> bytes:
    return base64.b64decode(written)
