"""Questions to DNS, and what came of each: an answer, the certainty that there is none, or nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

RecordType = Literal["TXT", "MX", "A", "AAAA"]


@dataclass(frozen=True, slots=True)
class Answered:
    """`values` in the form that a program reads: the strings of a TXT record joined (RFC 7208 section 3.3), an MX
    record's host, an address. Empty: there is no such record."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A timeout, SERVFAIL, no network: there may be a record or none."""

    why: str


class Lookup:
    """Asks the system's resolvers, or those given (IP addresses; tests), each question within `seconds`."""

    def __init__(
        self,
        nameservers: Sequence[str] | None = None,
        *,
        port: int = 53,
        seconds: float = 5.0,
        try_seconds: float = 2.0,
    ) -> None:
        self._nameservers = nameservers
        self._port = port
        self._seconds = seconds
        self._try_seconds = try_seconds
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def __call__(self, name: str, kind: RecordType) -> Answered | Unanswered:
        """Follows CNAMEs, and asks again over TCP where an answer was cut off."""
        try:
            answer = await self._ready().resolve(dns.name.from_text(name), kind)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Answered()
        except dns.resolver.LifetimeTimeout:
            return Unanswered("DNS did not answer in time")
        except dns.resolver.NoNameservers:
            return Unanswered("the domain's name servers answer with an error (such as SERVFAIL)")
        except dns.resolver.NoResolverConfiguration:
            return Unanswered("this machine has no DNS resolver")
        except (dns.exception.DNSException, UnicodeError, OSError) as error:
            return Unanswered(f"DNS could not be asked ({type(error).__name__})")
        return Answered(tuple(_text(row, kind) for row in answer))

    def _ready(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            resolver = dns.asyncresolver.Resolver(configure=self._nameservers is None)
            if self._nameservers is not None:
                resolver.nameservers = list(self._nameservers)
                resolver.port = self._port
            resolver.lifetime, resolver.timeout = self._seconds, self._try_seconds
            # A record may have been published a moment ago, which is why somebody asks.
            resolver.cache = None
            self._resolver = resolver
        return self._resolver


def _text(row: Any, kind: RecordType) -> str:
    if kind == "TXT":
        return b"".join(row.strings).decode("utf-8", "replace")
    if kind == "MX":
        return str(row.exchange).lower().rstrip(".") or "."
    return str(row.address)
