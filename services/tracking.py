"""What the links in mail tell: opened, clicked, unsubscribed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from db.queries.tracking import about_link
from db.session import Database, WriteSession
from mail.tracking import Token
from services.receive import ClickEvent, LeadEvent, OpenEvent, UnsubscribeEvent, receive_about

# Programs that name themselves, and Apple's Mail Privacy Protection, which says this and no more.
_MACHINE: Final = re.compile(
    r"Mozilla/5\.0|.*(bot\b|crawl|spider|slurp|prefetch|preview|scanner|safelinks|barracuda|mimecast|proofpoint|"
    r"symantec|trendmicro|fireeye|headlesschrome).*",
    re.IGNORECASE,
)
_PREFETCH = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def by_machine(headers: Mapping[str, str]) -> bool:
    """Whether a request (headers by names in lower case) is a prefetch or a scanner's, as far as it says so itself."""
    if any("prefetch" in headers.get(name, "") or "preview" in headers.get(name, "") for name in _PREFETCH):
        return True
    return _MACHINE.fullmatch(headers.get("user-agent", "")[:500].strip()) is not None


async def opened(database: Database, token: Token, *, machine: bool) -> None:
    """Opens within a minute are one: a mail client may fetch the picture several times for one look."""
    async with database.write(token.tenant_id) as session:
        event_id = f"open:{token.message_id}:{_kind(machine)}:{_minute()}"
        await _tell(session, token, OpenEvent(type="open", machine=machine, event_id=event_id))


async def clicked(database: Database, token: Token, *, machine: bool) -> None:
    """Clicks on one link within a minute are one."""
    async with database.write(token.tenant_id) as session:
        link = sha256(token.url.encode()).hexdigest()[:16]
        event_id = f"click:{token.message_id}:{link}:{_kind(machine)}:{_minute()}"
        await _tell(session, token, ClickEvent(type="click", machine=machine, url=token.url, event_id=event_id))


async def unsubscribed(database: Database, token: Token) -> None:
    """Ends every enrollment of the lead and suppresses the address, once: asking again changes nothing."""
    async with database.write(token.tenant_id) as session:
        event_id = f"unsubscribe:{token.message_id}"
        await _tell(session, token, UnsubscribeEvent(type="unsubscribe", event_id=event_id))


async def _tell(session: WriteSession, token: Token, event: LeadEvent) -> None:
    about = await about_link(session, token.message_id)
    if about is not None:
        await receive_about(session, about, event)


def _kind(machine: bool) -> str:
    return "machine" if machine else "person"


def _minute() -> int:
    return int(datetime.now(UTC).timestamp()) // 60
