"""A real DNS server on loopback, over UDP and TCP, that answers from a table and can be made to fail."""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from cadenza.embedded.ports import LOOPBACK
from mail.dns import DnsLookup

SERVFAIL, TIMEOUT, REFUSED = "SERVFAIL", "TIMEOUT", "REFUSED"


@dataclass
class DnsServer:
    """`records`: by name and type, in the format of zone files. `failing`: by name, the failure instead of an answer.
    Answers about names in `cut` are truncated over UDP."""

    port: int = 0
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])
    failing: dict[str, str] = field(default_factory=dict[str, str])
    cut: set[str] = field(default_factory=set[str])
    asked: Counter[str] = field(default_factory=Counter[str])
    asked_over_tcp: Counter[str] = field(default_factory=Counter[str])

    def txt(self, name: str, *texts: str) -> None:
        """Sets TXT records, each split into strings of at most 255 bytes."""
        pieces = [[text[i : i + 255] for i in range(0, len(text), 255)] or [""] for text in texts]
        self.records[name, "TXT"] = [" ".join(f'"{piece}"' for piece in one) for one in pieces]

    def set(self, name: str, kind: str, *values: str) -> None:
        self.records[name, kind] = list(values)

    def lookup(self, *, seconds: float = 2.0) -> DnsLookup:
        return DnsLookup([LOOPBACK], port=self.port, seconds=seconds, try_seconds=0.5)

    def answer(self, wire: bytes, *, udp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked[name] += 1
        if not udp:
            self.asked_over_tcp[name] += 1
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        failure = self.failing.get(name)
        if failure == TIMEOUT:
            return None
        if failure is not None:
            reply.set_rcode(dns.rcode.from_text(failure))
        elif udp and name in self.cut:
            reply.flags |= dns.flags.TC
        else:
            self._fill(reply, name, kind)
        return reply.to_wire()

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        while (alias := self.records.get((name, "CNAME"))) is not None:
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        values = self.records.get((name, kind))
        if values is not None:
            reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *values))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.answer(data, udp=True)
        if reply is not None:
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def dns_server() -> AsyncGenerator[DnsServer]:
    one, loop = DnsServer(), asyncio.get_running_loop()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            reply = one.answer(await reader.readexactly(length), udp=False)
            if reply is not None:
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        finally:
            writer.close()

    tcp = await asyncio.start_server(converse, LOOPBACK, 0)
    one.port = tcp.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(one), local_addr=(LOOPBACK, one.port))
    try:
        yield one
    finally:
        udp.close()
        tcp.close()
