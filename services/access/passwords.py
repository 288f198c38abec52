"""Passwords of people, as scrypt hashes (RFC 7914) with the parameters of OWASP's Password Storage Cheat Sheet: N =
2^15, r = 8, p = 3. A hash takes 32 MiB and some tenths of a second of one core, so only a few run at the same time.

The rules for a password follow NIST SP 800-63B section 3.1.1.2: it must be long, and nothing else. It is normalised to
NFKC before hashing, since two keyboards may write one letter in two ways.
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
    """Hashes and checks passwords for one process. A caller waits while others use all places."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store."""
        salt = secrets.token_bytes(_SALT_BYTES)
        made = await self._derived(password, salt, _LOG2_N, _R, _P)
        return "$".join(("scrypt", str(_LOG2_N), str(_R), str(_P), _written(salt), _written(made)))

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether `password` is the one that was hashed. Without a stored hash the answer is False and takes the same
        time."""
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
