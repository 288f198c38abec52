"""The corpus of inbound mail against a real database: the lead of each message, the rule that matched, and the
effects."""

from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from services.inbound.tenant_mail import MailReceived, receive_mail
from tests.corpus.world import Specimen, settle, specimens, undone
from tests.properties import examples

ALL = specimens()
EVENTS = {
    "reply": "reply",
    "auto_reply": "auto_reply",
    "hard_bounce": "bounce",
    "soft_bounce": "bounce",
    "complaint": "complaint",
    "unsubscribe": "unsubscribe",
}


@pytest.fixture(scope="module")
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


@pytest.fixture(scope="module")
async def enrollments(database: Database) -> dict[str, UUID]:
    return await settle(database)


async def received(database: Database, raw: bytes) -> tuple[MailReceived, list[str], str]:
    """Returns the answer, the recorded events, and the reasons of new suppressions."""
    async with undone(database) as session:
        answer = await receive_mail(session, raw)
        events = list(await session.scalars(text("SELECT type FROM lead_engagement")))
        suppressed = list(await session.scalars(text("SELECT reason FROM suppressions")))
    return answer, events, ",".join(suppressed)


@pytest.mark.parametrize("specimen", ALL, ids=lambda one: one.file)
async def test_a_message_is_matched_and_has_its_effects(
    database: Database, enrollments: dict[str, UUID], specimen: Specimen
) -> None:
    answer, events, suppressed = await received(database, specimen.raw)
    assert answer.classification == specimen.classification, answer
    assert answer.rule is not None
    assert specimen.rule in (None, answer.rule)
    assert answer.enrollment_id == (enrollments[specimen.lead] if specimen.lead else None)
    assert specimen.matched_by in (None, answer.matched_by)
    assert (answer.matched_by is None) == (specimen.lead is None)
    kind = EVENTS.get(specimen.classification)
    assert events == ([kind] if kind else [])
    wanted = {"hard_bounce": "bounced", "complaint": "complained", "unsubscribe": "unsubscribed"}
    assert suppressed == wanted.get(specimen.classification, "")


async def test_the_note_of_an_auto_reply_and_the_diagnostic_of_a_bounce_are_stored(
    database: Database, enrollments: dict[str, UUID]
) -> None:
    gone = next(one for one in ALL if one.note == "no_longer_there")
    async with undone(database) as session:
        await receive_mail(session, gone.raw)
        detail = await session.scalar(text("SELECT detail FROM lead_engagement"))
    assert detail["note"] == "no_longer_there"
    full = next(one for one in ALL if one.note == "full")
    async with undone(database) as session:
        await receive_mail(session, full.raw)
        detail = await session.scalar(text("SELECT detail FROM lead_engagement"))
    assert not detail["hard"] and "5.2.2" in detail["diagnostic"]


async def test_a_foreign_or_damaged_token_matches_nothing(database: Database, enrollments: dict[str, UUID]) -> None:
    """A token of another tenant, or a truncated one: the complaint matches no lead."""
    token_only = next(one for one in ALL if one.matched_by == "unsubscribe_token")
    token = token_only.raw.split(b"/u/")[1].split(b">")[0]
    for other in (b"dQAAAA" + token[6:], token[:-4]):
        answer, events, _ = await received(database, token_only.raw.replace(token, other))
        assert (answer.classification, answer.rule, events) == ("unrelated", "no_lead", [])


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    specimen=st.sampled_from(ALL),
    cuts=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=12)), max_size=6),
)
async def test_no_mutated_message_makes_receiving_fail(
    database: Database,
    enrollments: dict[str, UUID],
    specimen: Specimen,
    cuts: list[tuple[int, int, bytes]],
) -> None:
    raw = specimen.raw
    for position, length, noise in cuts:
        raw = raw[:position] + noise + raw[position + length :]
    answer, events, _ = await received(database, raw)
    assert (answer.enrollment_id is None) == (events == [])
