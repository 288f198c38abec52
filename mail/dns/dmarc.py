"""DMARC (RFC 7489): checks what a domain asks receivers to do with forged mail."""

from mail.dns.findings import Finding
from mail.dns.lookup import Lookup, Unanswered
from mail.dns.tags import tags_of

POLICIES = ("none", "quarantine", "reject")
_MEANING = {
    "none": "receivers do nothing about forged mail, and report it",
    "quarantine": "receivers put forged mail aside",
    "reject": "receivers reject forged mail",
}


async def check_dmarc(lookup: Lookup, domain: str) -> Finding:
    """Checks the domain's own record, or that of the nearest parent domain that has one (section 6.6.3)."""
    labels = domain.split(".")
    for depth in range(max(len(labels) - 1, 1)):
        asked = ".".join(labels[depth:])
        answer = await lookup(f"_dmarc.{asked}", "TXT")
        if isinstance(answer, Unanswered):
            return Finding("unresolved", answer.why)
        records = [one for one in answer.values if one.replace(" ", "").startswith("v=DMARC1")]
        if len(records) > 1:
            return Finding("fail", f"_dmarc.{asked} has {len(records)} DMARC records, of which none counts", records[0])
        if records:
            return _inspected(records[0], asked, inherited=depth > 0)
    return Finding("missing", f"there is no DMARC record: publish one at _dmarc.{domain}, such as `v=DMARC1; p=none`")


def _inspected(record: str, found_at: str, *, inherited: bool) -> Finding:
    tags = tags_of(record)
    policy = (tags or {}).get("p", "").lower()
    if tags is None or policy not in POLICIES:
        return Finding("fail", "the DMARC record cannot be read: `p` is none, quarantine or reject", record)
    applied = tags.get("sp", policy).lower() if inherited else policy
    strict = {name: tags.get(name, "r").lower() == "s" for name in ("adkim", "aspf")}
    aligned = "the very domain" if any(strict.values()) else "the domain or one below it"
    detail = f"{_MEANING.get(applied, applied)}; SPF and DKIM must be of {aligned}"
    facts = {"policy": applied, "domain": found_at, "strict_dkim": strict["adkim"], "strict_spf": strict["aspf"]}
    return Finding("pass", detail, record, facts)
