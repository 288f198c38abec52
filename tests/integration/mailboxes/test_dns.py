"""The DNS checks of a sender domain, against a real DNS server."""

import base64
from collections.abc import AsyncGenerator

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mail.dns import DnsLookup, Finding, check_dkim, check_dmarc, check_mx, check_spf
from tests.dns_server import REFUSED, SERVFAIL, TIMEOUT, DnsServer, dns_server

DOMAIN = "sender.example"


@pytest.fixture
async def dns() -> AsyncGenerator[DnsServer]:
    async with dns_server() as one:
        yield one


async def spf(dns: DnsServer, host: str | None = None) -> Finding:
    return await check_spf(dns.lookup(), DOMAIN, host)


async def test_spf_evaluates_includes_and_mx(dns: DnsServer) -> None:
    dns.txt(DOMAIN, "v=spf1 include:_spf.provider.example mx ip4:192.0.2.1 ~all", "another text")
    dns.txt("_spf.provider.example", "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 -all")
    dns.set(DOMAIN, "MX", "10 mx.provider.example.")
    dns.set("mx.provider.example", "A", "203.0.113.9")
    for host, address in (("listed", "198.51.100.7"), ("mx", "203.0.113.9"), ("stranger", "203.0.113.10")):
        dns.set(f"{host}.provider.example", "A", address)
    found = await spf(dns)
    assert (found.status, found.facts) == ("pass", {"all": "~all", "lookups": 2})
    assert found.record == "v=spf1 include:_spf.provider.example mx ip4:192.0.2.1 ~all"
    for host, verdict in (("listed", "pass"), ("mx", "pass"), ("stranger", "unknown"), ("nowhere", "unknown")):
        assert (await spf(dns, f"{host}.provider.example")).facts["sending_host"] == verdict, host


async def test_spf_ignores_a_fail_inside_an_include(dns: DnsServer) -> None:
    dns.txt(DOMAIN, "v=spf1 -ip4:198.51.100.7 include:one.example redirect=two.example")
    dns.txt("one.example", "v=spf1 -all")
    dns.txt("two.example", "v=spf1 ip4:198.51.100.0/24 -all")
    dns.set("no.example", "A", "198.51.100.7")
    dns.set("yes.example", "A", "198.51.100.8")
    found = await spf(dns, "yes.example")
    assert (found.status, found.facts) == ("pass", {"all": "-all", "lookups": 2, "sending_host": "pass"})
    assert (await spf(dns, "no.example")).facts["sending_host"] == "unknown"


@pytest.mark.parametrize(
    ("texts", "status", "says"),
    [
        ([], "missing", "no SPF record"),
        (["v=spf10 -all", "spf1"], "missing", "no SPF record"),
        (["v=spf1 -all", "v=spf1 ~all"], "fail", "2 SPF records"),
        (["v=spf1 +all"], "fail", "every server"),
        (["v=spf1 all"], "fail", "every server"),
        (["v=spf1 ip4:192.0.2.300 -all"], "fail", "not an address"),
        (["v=spf1 includes:x.example -all"], "fail", "not a valid SPF term"),
        (["v=spf1 include:nothing.example -all"], "fail", "no SPF record"),
        (["v=spf1 include -all"], "fail", "names no domain"),
        (["v=spf1 a:v1.example a:v2.example a:v3.example -all"], "fail", "have no records"),
        (["v=spf1 ?all"], "pass", "(?all)"),
        (["v=spf1 ip4:192.0.2.1"], "pass", "(no `all`)"),
        (["V=SPF1 exp=x.example exists:%{i}.x.example x-odd=1 -ALL"], "pass", "(-all)"),
    ],
)
async def test_spf_records_are_judged_as_receivers_do(dns: DnsServer, texts: list[str], status: str, says: str) -> None:
    dns.set(DOMAIN, "A", "192.0.2.1")
    if texts:
        dns.txt(DOMAIN, *texts)
    found = await spf(dns)
    assert found.status == status and says in found.detail


async def test_spf_allows_at_most_ten_lookups(dns: DnsServer) -> None:
    for count, status in ((10, "pass"), (11, "fail")):
        dns.txt(DOMAIN, " ".join(["v=spf1", *(f"include:i{number}.example" for number in range(count)), "-all"]))
        for number in range(count):
            dns.txt(f"i{number}.example", "v=spf1 ip4:192.0.2.1 -all")
        assert (await spf(dns)).status == status
    dns.txt(DOMAIN, f"v=spf1 include:{DOMAIN} -all")
    assert (await spf(dns)).status == "fail", "a cyclic include ends at the limit"


@pytest.mark.parametrize("failure", [SERVFAIL, TIMEOUT, REFUSED])
async def test_without_an_answer_every_check_is_unresolved(dns: DnsServer, failure: str) -> None:
    for name in (DOMAIN, f"_dmarc.{DOMAIN}", f"s1._domainkey.{DOMAIN}"):
        dns.failing[name] = failure
    lookup = dns.lookup(seconds=1.0)
    found = [
        await check_spf(lookup, DOMAIN),
        await check_dmarc(lookup, DOMAIN),
        await check_dkim(lookup, DOMAIN, "s1"),
        await check_mx(lookup, DOMAIN),
    ]
    assert [one.status for one in found] == ["unresolved"] * 4
    assert [one.record for one in found] == [None] * 4


async def test_spf_is_unresolved_if_an_include_is_not_answered(dns: DnsServer) -> None:
    dns.txt(DOMAIN, "v=spf1 include:down.example -all")
    dns.failing["down.example"] = SERVFAIL
    found = await spf(dns)
    assert found.status == "unresolved" and "down.example" in found.detail


async def test_without_a_network_a_check_is_unresolved() -> None:
    found = await check_spf(DnsLookup(["127.0.0.1"], port=1, seconds=0.5, try_seconds=0.2), DOMAIN)
    assert found.status == "unresolved"


async def test_a_truncated_answer_is_requested_again_over_tcp(dns: DnsServer) -> None:
    dns.txt(DOMAIN, f"v=spf1 {' '.join(f'ip4:192.0.2.{n}' for n in range(60))} -all")
    dns.cut.add(DOMAIN)
    found = await spf(dns)
    assert found.status == "pass" and dns.asked_over_tcp[DOMAIN] == 1
    assert found.record is not None and len(found.record) > 255, "the strings of a TXT record are joined"


def key_record(bits: int = 2048) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return (
        "v=DKIM1; k=rsa; p="
        + base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    )


async def test_a_dkim_key_behind_a_cname_is_found(dns: DnsServer) -> None:
    record = key_record()
    dns.set(f"s1._domainkey.{DOMAIN}", "CNAME", "s1.provider.example.")
    dns.txt("s1.provider.example", record)
    found = await check_dkim(dns.lookup(), DOMAIN, "s1", ours=record.replace("; ", ";"))
    assert (found.status, found.record, found.facts["bits"]) == ("pass", record, 2048)
    other = await check_dkim(dns.lookup(), DOMAIN, "s1", ours=key_record())
    assert other.status == "fail" and "not the key" in other.detail


@pytest.mark.parametrize(
    ("texts", "status", "says"),
    [
        ([], "missing", "no DKIM key"),
        (["v=DKIM1; p="], "fail", "revoked"),
        (["v=DKIM1; p=not base64!"], "fail", "base64"),
        (["v=DKIM1; p=aGVsbG8="], "fail", "not a public key"),
        (["v=DKIM2; p=aGVsbG8="], "fail", "not a DKIM record"),
        (["just text"], "fail", "not a DKIM record"),
        (["v=DKIM1; k=dsa; p=aGVsbG8="], "fail", "key type"),
        ([key_record(1024)], "pass", "1024 bits are weak"),
        ([key_record(), key_record()], "fail", "2 TXT records"),
        (["v=DKIM1; k=ed25519; p=aGVsbG8="], "fail", "Ed25519"),
    ],
)
async def test_dkim_keys_are_checked(dns: DnsServer, texts: list[str], status: str, says: str) -> None:
    if texts:
        dns.txt(f"s1._domainkey.{DOMAIN}", *texts)
    found = await check_dkim(dns.lookup(), DOMAIN, "s1")
    assert found.status == status and says in found.detail


async def test_dkim_accepts_ed25519_and_needs_a_selector(dns: DnsServer) -> None:
    raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    dns.txt(f"s1._domainkey.{DOMAIN}", f"k=ed25519; p={base64.b64encode(raw).decode()}")
    assert (await check_dkim(dns.lookup(), DOMAIN, "s1")).status == "pass"
    assert (await check_dkim(dns.lookup(), DOMAIN, None)).status == "unresolved"


@pytest.mark.parametrize(
    ("texts", "status", "policy"),
    [
        ([], "missing", None),
        (["v=DMARC1; p=reject; adkim=s"], "pass", "reject"),
        (["v=DMARC1;p=none;rua=mailto:a@b.example", "other"], "pass", "none"),
        (["v=DMARC1; p=maybe"], "fail", None),
        (["v=DMARC1; rua=mailto:a@b.example"], "fail", None),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "fail", None),
    ],
)
async def test_dmarc_policies_are_parsed(dns: DnsServer, texts: list[str], status: str, policy: str | None) -> None:
    if texts:
        dns.txt(f"_dmarc.{DOMAIN}", *texts)
    found = await check_dmarc(dns.lookup(), DOMAIN)
    assert (found.status, found.facts.get("policy")) == (status, policy)


async def test_a_subdomain_inherits_the_dmarc_policy_for_subdomains(dns: DnsServer) -> None:
    dns.txt(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject; sp=quarantine")
    found = await check_dmarc(dns.lookup(), f"mail.{DOMAIN}")
    assert (found.status, found.facts["policy"], found.facts["domain"]) == ("pass", "quarantine", DOMAIN)


async def test_mx_tells_whether_replies_can_be_delivered(dns: DnsServer) -> None:
    assert (await check_mx(dns.lookup(), DOMAIN)).status == "missing"
    dns.set(DOMAIN, "MX", "0 .")
    assert (await check_mx(dns.lookup(), DOMAIN)).status == "fail"
    dns.set(DOMAIN, "MX", "10 mx2.example.", "5 mx1.example.")
    found = await check_mx(dns.lookup(), DOMAIN)
    assert (found.status, found.facts["hosts"]) == ("pass", ["mx1.example", "mx2.example"])
