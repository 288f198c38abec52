"""DNS queries. Distinguishes records, "there is no such record", and "DNS did not answer"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

RecordType = Literal["TXT", "MX", "A", "AAAA"]


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The records of a name; empty if there is no such record. `values`: the joined strings of a TXT record (RFC 7208
    section 3.3), the host of an MX record, or an address."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoDnsAnswer:
    """DNS did not answer (timeout, SERVFAIL, no network): whether the record exists is unknown."""

    why: str


class DnsLookup:
    """Asks the system's resolvers, or `nameservers` (IP addresses; for tests). A query takes at most `seconds`."""

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

    async def __call__(self, name: str, kind: RecordType) -> DnsAnswer | NoDnsAnswer:
        """Looks up a name. Follows CNAMEs, and repeats a truncated answer over TCP."""
        try:
            answer = await self._ready().resolve(dns.name.from_text(name), kind)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return DnsAnswer()
        except dns.resolver.LifetimeTimeout:
            return NoDnsAnswer("DNS did not answer in time")
        except dns.resolver.NoNameservers:
            return NoDnsAnswer("the domain's name servers answer with an error (such as SERVFAIL)")
        except dns.resolver.NoResolverConfiguration:
            return NoDnsAnswer("this machine has no DNS resolver")
        except (dns.exception.DNSException, UnicodeError, OSError) as error:
            return NoDnsAnswer(f"DNS could not be asked ({type(error).__name__})")
        return DnsAnswer(tuple(_text(row, kind) for row in answer))

    def _ready(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            resolver = dns.asyncresolver.Resolver(configure=self._nameservers is None)
            if self._nameservers is not None:
                resolver.nameservers = list(self._nameservers)
                resolver.port = self._port
            resolver.lifetime, resolver.timeout = self._seconds, self._try_seconds
            # No cache: people run a check right after they have published a record.
            resolver.cache = None
            self._resolver = resolver
        return self._resolver


def _text(row: Any, kind: RecordType) -> str:
    if kind == "TXT":
        return b"".join(row.strings).decode("utf-8", "replace")
    if kind == "MX":
        return str(row.exchange).lower().rstrip(".") or "."
    return str(row.address)
