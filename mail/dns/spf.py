"""SPF (RFC 7208): checks which servers may send for a domain. Evaluates the record with the limits of a receiver."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from mail.dns.findings import Finding, Status
from mail.dns.lookup import DnsAnswer, DnsLookup, NoDnsAnswer

MAX_LOOKUPS = 10
MAX_VOID_LOOKUPS = 2
"""Section 4.6.4."""
MAX_MX_HOSTS = 10

Ip = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Qualifier = Literal["+", "-", "~", "?"]

_TERM = re.compile(r"(?P<qualifier>[+?~-]?)(?P<name>[a-z0-9]+)(?P<rest>[:/].*)?", re.IGNORECASE)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)", re.IGNORECASE)
_HOSTED = re.compile(r"(?::(?P<domain>[^/]+))?(?:/(?P<four>\d{1,2}))?(?://(?P<six>\d{1,3}))?")
_LOOKS_UP = frozenset(["include", "a", "mx", "ptr", "exists"])


class _Stop(Exception):
    def __init__(self, status: Status, why: str) -> None:
        super().__init__(why)
        self.status: Status = status
        self.why = why


@dataclass(slots=True)
class _Term:
    qualifier: Qualifier
    name: str
    networks: list[Network] = field(default_factory=list[Network])
    included: "_Record | None" = None


@dataclass(slots=True)
class _Record:
    text: str
    terms: list[_Term] = field(default_factory=list[_Term])
    redirect: "_Record | None" = None
    all: Qualifier | None = None


async def check_spf(lookup: DnsLookup, domain: str, sending_host: str | None = None) -> Finding:
    """`sending_host`: the server that mail is handed to, if known. The result says so if all its addresses pass. It is
    no failure if they do not: providers send from other addresses than those on which they accept mail."""
    reader = _SpfReader(lookup)
    try:
        record = await reader.read(domain)
    except _Stop as stopped:
        return Finding(stopped.status, stopped.why, reader.first)
    ending = _ending(record)
    facts = {"all": f"{ending}all" if ending else None, "lookups": reader.lookups}
    if ending == "+":
        return Finding("fail", "the record ends in +all, which allows every server to send", record.text, facts)
    meaning = {
        "-": "mail from anywhere else is refused (-all)",
        "~": "mail from anywhere else is suspicious (~all)",
        "?": "it does not judge mail from elsewhere (?all)",
        None: "it does not judge mail from elsewhere (no `all`)",
    }[ending]
    detail = f"one SPF record, {reader.lookups} of at most {MAX_LOOKUPS} DNS lookups; {meaning}"
    if sending_host is not None:
        facts["sending_host"] = await _sending(reader, record, sending_host)
        if facts["sending_host"] == "pass":
            detail += f"; {sending_host} may send"
    return Finding("pass", detail, record.text, facts)


class _SpfReader:
    def __init__(self, lookup: DnsLookup) -> None:
        self._ask = lookup
        self.lookups = 0
        self.voids = 0
        self.first: str | None = None

    async def read(self, domain: str, *, inside: str | None = None) -> _Record:
        """Reads a record and those that it includes. Raises _Stop if there is no record, more than one, an invalid one,
        or no answer. `inside`: the domain whose record refers to this one."""
        answer = await self._ask(domain, "TXT")
        if isinstance(answer, NoDnsAnswer):
            raise _Stop("unresolved", f"{domain}: {answer.why}")
        texts = [one for one in answer.values if one.lower() == "v=spf1" or one.lower().startswith("v=spf1 ")]
        if not texts and inside is None:
            raise _Stop("missing", "there is no SPF record")
        if len(texts) != 1:
            found = f"{len(texts)} SPF records" if texts else "no SPF record"
            raise _Stop("fail", f"{domain} has {found}, so the whole check fails")
        self.first = self.first or texts[0]
        record = _Record(texts[0])
        redirect: str | None = None
        for word in texts[0].split()[1:]:
            modifier = _MODIFIER.fullmatch(word)
            if modifier is None:
                await self._mechanism(record, word, domain)
            elif modifier["name"].lower() == "redirect":
                redirect = modifier["value"]
        # `redirect` has no effect if there is an `all` (section 6.1).
        if redirect is not None and record.all is None and "%" not in redirect:
            self._count()
            record.redirect = await self.read(redirect, inside=domain)
        return record

    async def _mechanism(self, record: _Record, word: str, domain: str) -> None:
        found = _TERM.fullmatch(word)
        name = found["name"].lower() if found else ""
        if found is None or name not in _LOOKS_UP | {"all", "ip4", "ip6"}:
            raise _Stop("fail", f"{domain}: {word!r} is not a valid SPF term")
        qualifier: Qualifier = found["qualifier"] or "+"  # pyright: ignore[reportAssignmentType] (the pattern)
        rest = found["rest"] or ""
        term = _Term(qualifier, name)
        record.terms.append(term)
        if name in _LOOKS_UP:
            self._count()
        if name == "all":
            record.all = record.all or qualifier
        elif name in ("ip4", "ip6"):
            term.networks.append(_network(rest, word, domain))
        elif name == "include":
            if not rest.startswith(":"):
                raise _Stop("fail", f"{domain}: `include` names no domain")
            # A macro can only be expanded for a given message (section 7).
            if "%" not in rest:
                term.included = await self.read(rest[1:], inside=domain)
        elif name in ("a", "mx"):
            await self._hosts(term, rest, word, domain)

    async def _hosts(self, term: _Term, rest: str, word: str, domain: str) -> None:
        hosted = _HOSTED.fullmatch(rest)
        if hosted is None:
            raise _Stop("fail", f"{domain}: {word!r} is invalid")
        target = hosted["domain"] or domain
        if "%" in target:
            return
        hosts = [target]
        if term.name == "mx":
            hosts = [one for one in (await self._answer(target, "MX")).values if one != "."]
            if len(hosts) > MAX_MX_HOSTS:
                raise _Stop("fail", f"{target} has more than {MAX_MX_HOSTS} MX records")
        for host in hosts:
            for address in await self.addresses(host, void_counts=term.name == "a"):
                bits = hosted["four"] if address.version == 4 else hosted["six"]
                full = 32 if address.version == 4 else 128
                if bits is not None and int(bits) > full:
                    raise _Stop("fail", f"{domain}: {word!r} is invalid")
                term.networks.append(ip_network(f"{address}/{bits or full}", strict=False))

    async def addresses(self, host: str, *, void_counts: bool = False) -> list[Ip]:
        found: list[Ip] = []
        for kind in ("A", "AAAA"):
            answer = await self._ask(host, kind)
            if isinstance(answer, NoDnsAnswer):
                raise _Stop("unresolved", f"{host}: {answer.why}")
            found += [ip_address(one) for one in answer.values]
        if void_counts and not found:
            self._void()
        return found

    async def _answer(self, name: str, kind: Literal["MX"]) -> DnsAnswer:
        answer = await self._ask(name, kind)
        if isinstance(answer, NoDnsAnswer):
            raise _Stop("unresolved", f"{name}: {answer.why}")
        if not answer.values:
            self._void()
        return answer

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _Stop("fail", f"it needs more than {MAX_LOOKUPS} DNS lookups: receivers give up")

    def _void(self) -> None:
        self.voids += 1
        if self.voids > MAX_VOID_LOOKUPS:
            raise _Stop("fail", f"more than {MAX_VOID_LOOKUPS} of its names have no records: receivers give up")


def _network(rest: str, word: str, domain: str) -> Network:
    try:
        return ip_network(rest.removeprefix(":"), strict=False)
    except ValueError:
        raise _Stop("fail", f"{domain}: {word!r} is not an address") from None


def _ending(record: _Record) -> Qualifier | None:
    if record.all is not None or record.redirect is None:
        return record.all
    return _ending(record.redirect)


async def _sending(reader: _SpfReader, record: _Record, host: str) -> Literal["pass", "unknown"]:
    try:
        addresses = await reader.addresses(host)
    except _Stop:
        return "unknown"
    passes = bool(addresses) and all(_qualifier(record, address) == "+" for address in addresses)
    return "pass" if passes else "unknown"


def _qualifier(record: _Record, address: Ip) -> Qualifier | None:
    """Returns the qualifier of the first term that matches the address (section 4.6.2); None if none does."""
    for term in record.terms:
        inside = term.included is not None and _qualifier(term.included, address) == "+"
        # An IPv4 network contains no IPv6 address, and vice versa.
        if term.name == "all" or inside or any(address in network for network in term.networks):
            return term.qualifier
    return _qualifier(record.redirect, address) if record.redirect else None
