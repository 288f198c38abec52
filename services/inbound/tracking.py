"""The links in mail: opened, clicked, unsubscribed, and whether a person or a machine did it.

A person's click implies that the message was opened, even when no picture was loaded. Two different links at the same
moment mean a machine. The first of them was counted already, so it is taken out of the counters and the score. What it
moved stays moved and is logged (`relabelled`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from db.queries.inbound import tracking as queries
from db.queries.inbound.receiving import About, lock_enrollments
from db.queries.inbound.tracking import LinkedMessage
from db.session import Database, WriteSession
from domain.enrollments.scoring import points
from domain.inbound.machines import EVERY_LINK_AT_ONCE, Deed, Fetch, machine_rule
from domain.sequences.sequence import SequenceSettings
from mail.addresses import masked
from mail.links import Token
from services.inbound.receiving import ClickEvent, OpenEvent, UnsubscribeEvent, receive_about

_PURPOSES: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_MAX_HEADER: Final = 500


def fetch_of(deed: Deed, method: str, headers: Mapping[str, str]) -> Fetch:
    """A request in the form that the rules read. Names in `headers` are in lower case."""
    agent = headers.get("user-agent", "")[:_MAX_HEADER].strip()
    return Fetch(deed, method, agent, " ".join(headers.get(name, "") for name in _PURPOSES)[:_MAX_HEADER])


async def opened(database: Database, token: Token, fetch: Fetch, at: datetime) -> None:
    """`at` is this process's time. Opens within a minute count once: a mail client may load the picture several times
    for one view."""
    async with database.write(token.tenant_id) as session:
        message = await queries.linked_message(session, token.message_id)
        if message is None:
            return
        moment = _moment(message.about, at)
        rule = machine_rule(_since_delivery(fetch, message, moment))
        event = OpenEvent(
            type="open", machine=rule is not None, event_id=_event_id(token, rule, at), occurred_at=moment
        )
        if not await queries.is_told(session, _event_id(token, rule, at)):
            await receive_about(session, message.about, event, noted=_by(rule))


async def clicked(database: Database, token: Token, fetch: Fetch, at: datetime) -> None:
    """`at` is this process's time. Clicks on one link within a minute count once."""
    async with database.write(token.tenant_id) as session:
        message = await queries.linked_message(session, token.message_id)
        if message is None:
            return
        about, moment = message.about, _moment(message.about, at)
        fetch = _since_delivery(fetch, message, moment)
        if await queries.is_told(session, _event_id(token, machine_rule(fetch), at)):
            return
        await lock_enrollments(session, about.lead_id, about=about.enrollment_id)
        await queries.lock_message(session, token.message_id)
        beside = await queries.clicked_beside(session, about, token.url, moment)
        if beside:
            await _relabel(session, about, token.url, moment)
        rule = machine_rule(replace(fetch, beside_another_link=beside))
        if rule is None:
            await _imply_open(session, about, moment)
        event = ClickEvent(
            type="click",
            machine=rule is not None,
            url=token.url,
            event_id=_event_id(token, rule, at),
            occurred_at=moment,
        )
        await receive_about(session, about, event, noted=_by(rule))


async def unsubscribed(database: Database, token: Token) -> bool:
    """Ends every enrollment of the lead and suppresses the address. A second call changes nothing.

    False for a message that does not exist (any more): nobody was unsubscribed.
    """
    async with database.write(token.tenant_id) as session:
        message = await queries.linked_message(session, token.message_id)
        if message is None:
            return False
        event = UnsubscribeEvent(type="unsubscribe", event_id=f"unsubscribe:{token.message_id}")
        await receive_about(session, message.about, event)
        return True


async def recipient(database: Database, token: Token) -> str | None:
    """The address that would be unsubscribed, masked, because whoever has the link need not be its owner. None for a
    message that does not exist."""
    async with database.read(token.tenant_id) as session:
        address = await queries.address_of(session, token.message_id)
    return None if address is None else masked(address)


async def _relabel(session: WriteSession, about: About, url: str, moment: datetime) -> None:
    rule = EVERY_LINK_AT_ONCE
    gone = await queries.relabel_beside(session, about, url, moment, rule)
    if not gone:
        return
    opens, clicks = await queries.persons_deeds(session, about)
    types = {one.type for one in gone}
    await queries.take_back(
        session,
        about,
        opened="open" in types and not opens,
        clicked="click" in types and not clicks,
        points=sum(points(one.type, machine=False) for one in gone),
    )
    await queries.log_relabelled(session, about, gone, rule, moment)


async def _imply_open(session: WriteSession, about: About, moment: datetime) -> None:
    """A click also records an open: nobody clicks a link in an unopened message, and many readers load no pictures."""
    opens, _ = await queries.persons_deeds(session, about)
    if opens == 0 and SequenceSettings.model_validate(about.settings).track_opens:
        event = OpenEvent(type="open", occurred_at=moment)
        await receive_about(session, about, event, noted={"implied_by": "click"})


def _moment(about: About, at: datetime) -> datetime:
    """The moment of the request on the enrollment's clock. This process's clock tells how long ago it was, but not
    when."""
    return about.now - (datetime.now(UTC) - at)


def _since_delivery(fetch: Fetch, message: LinkedMessage, moment: datetime) -> Fetch:
    if message.delivered_at is None:
        return fetch
    return replace(fetch, after_delivery=moment - message.delivered_at)


def _by(rule: str | None) -> dict[str, Any]:
    return {} if rule is None else {"rule": rule}


def _event_id(token: Token, rule: str | None, at: datetime) -> str:
    link = f":{sha256(token.url.encode()).hexdigest()[:16]}" if token.kind == "click" else ""
    kind = "person" if rule is None else "machine"
    return f"{token.kind}:{token.message_id}{link}:{kind}:{int(at.timestamp()) // 60}"
