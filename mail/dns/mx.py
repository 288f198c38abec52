"""MX (RFC 5321 section 5.1, RFC 7505): checks that replies to a domain's mailboxes can be delivered."""

from mail.dns.findings import Finding
from mail.dns.lookup import DnsLookup, NoDnsAnswer


async def check_mx(lookup: DnsLookup, domain: str) -> Finding:
    answer = await lookup(domain, "MX")
    if isinstance(answer, NoDnsAnswer):
        return Finding("unresolved", answer.why)
    if not answer.values:
        return Finding("missing", "the domain has no MX record: replies and bounces may not arrive")
    hosts = sorted(answer.values)
    record = ", ".join(hosts)
    if hosts == ["."]:
        return Finding("fail", "the domain declares that it accepts no mail (null MX): no reply arrives", record)
    return Finding("pass", f"replies go to {record}", record, {"hosts": hosts})
