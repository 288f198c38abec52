"""Sender domains: their DKIM keys, and their DNS findings."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from db.models import SenderDomain
from db.queries.mailboxes import sender_domains as queries
from db.session import Database, ReadSession, WriteSession
from domain.errors import FieldError, Invalid, NotFound
from mail.dkim.keys import generate_key, public_record
from mail.dns import DnsLookup, Finding, check_dkim, check_dmarc, check_mx, check_spf
from services.access.audit import audited
from services.paging import Page, PageRequest, after_of, newest_first
from services.secret_box import SecretBox


@dataclass(frozen=True, slots=True)
class DkimGiven:
    """`private_key` as PEM. None keeps the key of this selector, or creates a key for a new selector."""

    selector: str
    private_key: str | None


async def list_domains(session: ReadSession, page: PageRequest) -> Page[SenderDomain]:
    """The newest first. Raises InvalidCursor."""
    return newest_first(await queries.list_domains(session, after_of(page), page.limit), page.limit)


async def get_domain(session: ReadSession, domain: str) -> SenderDomain:
    """Raises NotFound for a domain that no mailbox has ever had."""
    found = await queries.find_domain(session, domain.lower())
    if found is None:
        raise NotFound(f"no mailbox is of the domain {domain[:253]!r}")
    return found


async def set_dkim(session: WriteSession, domain: str, given: DkimGiven | None, secrets: SecretBox) -> SenderDomain:
    """Signs the domain's mail with this key from now on. None ends signing.

    Publish the DNS record first: a signature whose key nobody finds looks forged. Raises NotFound, Invalid,
    SecretKeysMissing.
    """
    before = await get_domain(session, domain)
    if given is None:
        values = {"dkim_selector": None, "dkim_private_key": None, "dkim_record": None}
        await queries.change_domain(session, before.domain, values)
    elif given.private_key is not None or given.selector != before.dkim_selector:
        # Creating a key takes a tenth of a second of CPU, so it runs in a thread.
        pem = given.private_key
        if pem is None:
            pem = await asyncio.to_thread(generate_key)
        values = {
            "dkim_selector": given.selector,
            "dkim_private_key": secrets.seal(pem),
            "dkim_record": await asyncio.to_thread(_record, pem),
        }
        await queries.change_domain(session, before.domain, values)
    await audited(session, "sender_domain.updated", before.id)
    return await get_domain(session, domain)


async def check_domain(
    database: Database, tenant_id: UUID, domain: str, lookup: DnsLookup, *, selector: str | None
) -> SenderDomain:
    """Queries DNS, stores the findings and returns them. `selector` is the selector of a provider that signs by itself.

    Runs outside a transaction, because DNS may be slow. Raises NotFound.
    """
    async with database.read(tenant_id) as session:
        known = await get_domain(session, domain)
        host = await queries.server_of(session, known.domain)
    spf, dkim, dmarc, mx = await asyncio.gather(
        check_spf(lookup, known.domain, host),
        check_dkim(
            lookup,
            known.domain,
            selector or known.dkim_selector,
            ours=known.dkim_record if selector in (None, known.dkim_selector) else None,
        ),
        check_dmarc(lookup, known.domain),
        check_mx(lookup, known.domain),
    )
    findings = {"spf": _kept(spf), "dkim": _kept(dkim), "dmarc": _kept(dmarc), "mx": _kept(mx)}
    async with database.write(tenant_id) as session:
        values = {"findings": findings, "checked_at": datetime.now(UTC)}
        await queries.change_domain(session, known.domain, values)
        return await get_domain(session, known.domain)


def _kept(finding: Finding) -> dict[str, object]:
    """DNS records of others may hold anything. PostgreSQL cannot store NUL, and more than this length helps nobody."""
    kept = asdict(finding)
    for name in ("record", "detail"):
        kept[name] = kept[name] and kept[name].replace("\0", "")[:2000]
    return kept


def _record(pem: str) -> str:
    try:
        return public_record(pem)
    except ValueError as error:
        field = FieldError("dkim.private_key", "invalid_private_key", str(error))
        raise Invalid(f"dkim.private_key: {error}", errors=[field]) from None
