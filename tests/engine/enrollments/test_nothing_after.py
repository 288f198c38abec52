"""No email leaves after a reply, bounce, unsubscribe or list entry, whichever way it arrives while emails are being
sent.

A trigger of this database records, in the transaction that ends an enrollment, which messages had passed the send gate
by then. A message at the sink that is not among them was sent after the lead had said no.
"""

import asyncio
import io
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from cadenza.embedded.postgres import EmbeddedPostgres
from domain.errors import InvalidTransition
from services.enrollments.steering import pause, stop
from services.inbound.receiving import BounceEvent, ComplaintEvent, ReplyEvent, UnsubscribeEvent, record_event
from services.inbound.tenant_mail import receive_mail
from services.leads.suppression_list import import_suppressions
from services.leads.suppressions import create_suppression
from tests.stage import Stage

LEADS, EMAILS = 72, 6
COMPANY = 4
"""The number of leads in each company."""
WATCH = (
    "CREATE TABLE let_go (enrollment_id uuid PRIMARY KEY, message_ids text[] NOT NULL)",
    "GRANT INSERT, SELECT ON let_go TO cadenza_app",
    """
    CREATE FUNCTION note_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO let_go
        SELECT NEW.id, coalesce(array_agg(rfc_message_id), '{}') FROM messages
         WHERE tenant_id = NEW.tenant_id AND enrollment_id = NEW.id AND status IN ('sending', 'sent', 'unknown')
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER note_let_go AFTER UPDATE ON lead_sequence_state FOR EACH ROW
        WHEN (NEW.status IN ('stopped', 'paused') AND OLD.status IN ('pending', 'active'))
        EXECUTE FUNCTION note_let_go()
    """,
)
UNWATCH = ("DROP TRIGGER note_let_go ON lead_sequence_state", "DROP FUNCTION note_let_go", "DROP TABLE let_go")


@pytest.fixture
async def watched(migrated_postgres: EmbeddedPostgres, stage: Stage) -> AsyncGenerator[Stage]:
    engine = create_async_engine(migrated_postgres.owner_url)

    async def run(statements: tuple[str, ...]) -> None:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    await run(WATCH)
    yield stage
    await stage.stop_worker()
    await run(UNWATCH)
    await engine.dispose()


def email(key: str) -> dict[str, object]:
    return {"key": key, "type": "email", "config": {"subject": key, "body_text": "Hi {{name}}"}}


def waits(key: str) -> dict[str, object]:
    return {"key": key, "type": "delay", "config": {"days": 1}}


async def reply_by_mail(stage: Stage, lead: UUID) -> None:
    """Sends a reply as the inbound webhook or an inbox delivers it."""
    row = (await stage.query("SELECT email FROM leads WHERE id = :id", id=lead))[0]
    sent = await stage.query("SELECT rfc_message_id FROM messages WHERE lead_id = :id ORDER BY reserved_at", id=lead)
    mail = EmailMessage(SMTP)
    mail["From"], mail["To"], mail["Subject"] = row.email, "sam@sender.example", "Re: Hello"
    mail["Message-ID"] = f"<{uuid4()}@acme.example>"
    if sent:
        mail["In-Reply-To"] = sent[-1].rfc_message_id
    mail.set_content("No, thank you.\n")
    async with stage.database.write(stage.tenant_id) as session:
        assert (await receive_mail(session, mail.as_bytes())).classification == "reply"


def ending_events(stage: Stage) -> list[Callable[[UUID], Awaitable[None]]]:
    """Everything after which nothing may be sent to the lead."""

    async def tell(lead: UUID, event: ReplyEvent | BounceEvent | ComplaintEvent | UnsubscribeEvent) -> None:
        async with stage.database.write(stage.tenant_id) as session:
            await record_event(session, lead, event)

    async def suppress(lead: UUID) -> None:
        address = (await stage.lead_row(lead)).email
        async with stage.database.write(stage.tenant_id) as session:
            await create_suppression(session, kind="address", value=address, reason="asked")

    async def suppress_list(lead: UUID) -> None:
        address = (await stage.lead_row(lead)).email
        async with stage.database.write(stage.tenant_id) as session:
            await import_suppressions(session, io.BytesIO(f"{address}\nnobody@nowhere.example\n".encode()))

    async def by_hand(lead: UUID) -> None:
        async with stage.database.write(stage.tenant_id) as session:
            await stop(session, lead, None, "manual")

    async def paused(lead: UUID) -> None:
        async with stage.database.write(stage.tenant_id) as session:
            await pause(session, lead, None)

    return [
        lambda lead: tell(lead, ReplyEvent(type="reply")),
        lambda lead: reply_by_mail(stage, lead),
        lambda lead: tell(lead, UnsubscribeEvent(type="unsubscribe")),
        lambda lead: tell(lead, ComplaintEvent(type="complaint")),
        lambda lead: tell(lead, BounceEvent(type="bounce")),
        suppress,
        suppress_list,
        by_hand,
        paused,
    ]


async def remove_delays(stage: Stage, sequence: UUID) -> None:
    """Turns delays of a day into none: emails follow each other as fast as they can be sent."""
    await stage.query_write(
        "UPDATE sequence_versions SET plan = jsonb_set(plan, '{steps}', ("
        " SELECT jsonb_agg(step ORDER BY place) FROM jsonb_array_elements(plan->'steps') WITH ORDINALITY t(step, place)"
        "  WHERE step->>'type' = 'email')) WHERE sequence_id = :id",
        id=sequence,
    )


@pytest.mark.parametrize("seed", [4, pytest.param(20261125, marks=pytest.mark.long)])
async def test_no_email_leaves_after_an_event_that_ends_the_enrollment(watched: Stage, seed: int) -> None:
    stage, chance = watched, random.Random(seed)
    # Otherwise the circuit breakers would hold the mailbox long before the end.
    await stage.query_write(
        'UPDATE tenants SET settings = \'{"breakers": {"bounce_rate": null, "complaint_rate": null}}\''
    )
    steps = [one for place in range(EMAILS) for one in (email(f"email-{place}"), waits(f"wait-{place}"))]
    sequence = await stage.sequence(steps, on_company_reply="stop")
    await remove_delays(stage, sequence)
    leads = [await stage.lead(email=f"lead-{place}@company-{place // COMPANY}.example") for place in range(LEADS)]
    enrollments = await stage.enroll(sequence, *leads, dispatch=False)
    kinds = ending_events(stage)
    answered: Counter[str] = Counter()

    async def none_is_live() -> None:
        live = "SELECT 1 FROM lead_sequence_state WHERE status IN ('pending', 'active') LIMIT 1"
        while await stage.query(live):  # noqa: ASYNC110
            await asyncio.sleep(0.5)

    all_ended = asyncio.create_task(none_is_live())

    async def say_no(lead: UUID, way: Callable[[UUID], Awaitable[None]]) -> None:
        # Waits for a random number of sent emails, so that some are under way on a fast and on a slow machine.
        emails = chance.randrange(2 * LEADS)
        while len(stage.sink.received) < emails and not all_ended.done():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        try:
            await way(lead)
        except InvalidTransition:
            answered["over"] += 1  # An enrollment that has already ended cannot be stopped again.
        else:
            answered["answered"] += 1

    # Two thirds of the leads, in random order. The others may be sent everything.
    saying = [lead for lead in leads if chance.random() < 0.66]
    said = (say_no(lead, kinds[place % len(kinds)]) for place, lead in enumerate(saying))
    await asyncio.gather(stage.parts.dispatcher.dispatch(stage.tenant_id), *said)
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    for enrollment in enrollments:
        await stage.until_status(enrollment, "stopped", "paused", "completed")
    await all_ended
    # Messages that were still being handed over have arrived by now.
    await stage.stop_worker()

    assert answered["answered"] > answered["over"]
    owners = {
        row.rfc_message_id: row.enrollment_id
        for row in await stage.query("SELECT rfc_message_id, enrollment_id FROM messages")
    }
    let_go = {row.enrollment_id: set(row.message_ids) for row in await stage.query("SELECT * FROM let_go")}
    arrived = [(one.message_id, owners[one.message_id]) for one in stage.sink.received]
    assert [one for one, owner in arrived if owner in let_go and one not in let_go[owner]] == []
    assert stage.sink.duplicates() == []
    # The test proves something only if each event caught some leads on their way, and others finished.
    reasons = Counter([(await stage.state(one)).stop_reason for one in enrollments])
    assert {"replied", "company_replied", "unsubscribed", "complained", "bounced", "suppressed"} <= set(reasons), (
        reasons
    )
    assert any(0 < len(messages) < EMAILS for messages in let_go.values())
