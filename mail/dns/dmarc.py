"""DMARC (RFC 7489): checks what a domain asks receivers to do with forged mail."""

from mail.dns.findings import Finding
from mail.dns.lookup import DnsLookup, NoDnsAnswer
from mail.dns.tags import tags_of

POLICIES = ("none", "quarantine", "reject")
_MEANING = {
    "none": "receivers only report forged mail",
    "quarantine": "receivers put forged mail into quarantine, such as the spam folder",
    "reject": "receivers reject forged mail",
}


async def check_dmarc(lookup: DnsLookup, domain: str) -> Finding:
    """Checks the domain's own record, or that of the nearest parent domain that has one (section 6.6.3)."""
    labels = domain.split(".")
    for depth in range(max(len(labels) - 1, 1)):
        asked = ".".join(labels[depth:])
        answer = await lookup(f"_dmarc.{asked}", "TXT")
        if isinstance(answer, NoDnsAnswer):
            return Finding("unresolved", answer.why)
        records = [one for one in answer.values if one.replace(" ", "").startswith("v=DMARC1")]
        if len(records) > 1:
            return Finding(
                "fail", f"_dmarc.{asked} has {len(records)} DMARC records, so receivers ignore them", records[0]
            )
        if records:
            return _inspected(records[0], asked, inherited=depth > 0)
    return Finding("missing", f"there is no DMARC record: publish one at _dmarc.{domain}, such as `v=DMARC1; p=none`")


def _inspected(record: str, found_at: str, *, inherited: bool) -> Finding:
    tags = tags_of(record)
    policy = (tags or {}).get("p", "").lower()
    if tags is None or policy not in POLICIES:
        return Finding("fail", "the DMARC record is invalid: `p` must be none, quarantine or reject", record)
    applied = tags.get("sp", policy).lower() if inherited else policy
    strict = {name: tags.get(name, "r").lower() == "s" for name in ("adkim", "aspf")}
    aligned = "exactly the domain" if any(strict.values()) else "the domain or a subdomain"
    detail = f"{_MEANING.get(applied, applied)}; SPF and DKIM must be of {aligned}"
    facts = {"policy": applied, "domain": found_at, "strict_dkim": strict["adkim"], "strict_spf": strict["aspf"]}
    return Finding("pass", detail, record, facts)
