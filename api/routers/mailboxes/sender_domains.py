"""`/sender-domains`: the domains of mailboxes, with what DNS says of them and the keys that sign their mail."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import Paging, Reading, Wired, Writer, Writing
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.mailboxes.sender_domains import SenderDomainCheck, SenderDomainResponse, SenderDomainUpdate
from services.mailboxes import sender_domains

router = APIRouter(prefix="/sender-domains", tags=["Administration"], route_class=ApiRoute)

Domain = Annotated[str, Path(max_length=253, description="Such as `acme.example`: a mailbox is, or was, of it.")]


@router.get("")
async def list_sender_domains(session: Reading, page: Paging) -> Listed[SenderDomainResponse]:
    """The newest first. A domain is known once a mailbox is of it."""
    return listed(await sender_domains.list_domains(session, page), SenderDomainResponse.of)


@router.get("/{domain}", responses=problems(404))
async def get_sender_domain(domain: Domain, session: Reading) -> SenderDomainResponse:
    """As the last check found it."""
    return SenderDomainResponse.of(await sender_domains.get_domain(session, domain))


@router.put("/{domain}", responses=WITH_BODY | problems(404, 409))
async def set_sender_domain(
    domain: Domain, body: SenderDomainUpdate, session: Writing, wired: Wired
) -> SenderDomainResponse:
    """Signs the domain's mail (DKIM). The answer holds the record to publish: do so at once, since receivers take for
    forged what is signed with a key that they do not find."""
    changed = await sender_domains.set_dkim(session, domain, body.given(), wired.config.secrets)
    return SenderDomainResponse.of(changed)


@router.post("/{domain}/check", responses=WITH_BODY | problems(404))
async def check_sender_domain(
    domain: Domain, writer: Writer, wired: Wired, body: SenderDomainCheck | None = None
) -> SenderDomainResponse:
    """Asks DNS for SPF, DKIM, DMARC and MX, now. What it does not answer is `unresolved`, never assumed."""
    found = await sender_domains.check_domain(
        wired.database, writer.tenant_id, domain, wired.config.dns, selector=body.dkim_selector if body else None
    )
    return SenderDomainResponse.of(found)
