"""`/sender-domains`: the domains of mailboxes, the DNS records found for them, and the keys that sign their mail."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import Context, Paging, Reading, Writer, Writing
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.mailboxes.sender_domains import SenderDomainCheck, SenderDomainResponse, SenderDomainUpdate
from services.mailboxes import sender_domains

router = APIRouter(prefix="/sender-domains", tags=["Administration"], route_class=ApiRoute)

Domain = Annotated[
    str, Path(max_length=253, description="Such as `acme.example`: a domain that has, or had, a mailbox.")
]


@router.get("")
async def list_sender_domains(session: Reading, page: Paging) -> Listed[SenderDomainResponse]:
    """Newest first. A domain appears here once a mailbox has it."""
    return listed(await sender_domains.list_domains(session, page), SenderDomainResponse.of)


@router.get("/{domain}", responses=problems(404))
async def get_sender_domain(domain: Domain, session: Reading) -> SenderDomainResponse:
    """The result of the last check."""
    return SenderDomainResponse.of(await sender_domains.get_domain(session, domain))


@router.put("/{domain}", responses=WITH_BODY | problems(404, 409))
async def set_sender_domain(
    domain: Domain, body: SenderDomainUpdate, session: Writing, context: Context
) -> SenderDomainResponse:
    """Turns on signing of the domain's mail (DKIM). The answer contains the DNS record to publish. Publish it at once:
    receivers treat mail as forged if they cannot find its key."""
    changed = await sender_domains.set_dkim(session, domain, body.given(), context.config.secrets)
    return SenderDomainResponse.of(changed)


@router.post("/{domain}/check", responses=WITH_BODY | problems(404))
async def check_sender_domain(
    domain: Domain, writer: Writer, context: Context, body: SenderDomainCheck | None = None
) -> SenderDomainResponse:
    """Looks up SPF, DKIM, DMARC and MX in DNS now. A lookup without an answer is `unresolved`; nothing is assumed."""
    found = await sender_domains.check_domain(
        context.database, writer.tenant_id, domain, context.config.dns, selector=body.dkim_selector if body else None
    )
    return SenderDomainResponse.of(found)
