"""Rules that hold in SQL (for what is stored) and in Python (for what is loaded): both give the same answers.

SQL needs them under the row's lock, in one round trip. Python needs them while it walks through a plan in memory.
"""

import random
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as SqlUuid

from cadenza.embedded.postgres import EmbeddedPostgres
from db.queries.engine.performing import EnrollmentQueries
from db.session import Database
from domain.engine.walk import Decision, has_heard, having_decided
from domain.enrollments.status import LIVE, MOVING, EnrollmentStatus
from domain.sequences.conditions import Engagement
from domain.sequences.sequence import Plan
from domain.sequences.steps import CONTINUE
from services.engine.performing import engagement_of
from services.engine.visit import decision_row
from tests.integration.history import History, new_history
from tests.stage import new_tenant

BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
EVENTS = ("opened", "clicked", "replied", "demo_booked", "open")
TYPES = (
    ("open", None),
    ("click", None),
    ("reply", None),
    ("custom", "demo_booked"),
    ("custom", "open"),
    ("bounce", None),
)
MOMENTS = [BEGAN + timedelta(hours=hours) for hours in range(-2, 6)]
"""Few, so that an event often happens at the very moment of an enrollment or of an email."""

_AFTER = text("SELECT done_after(:done, :decisions), heard_after(:heard, :decisions)").bindparams(
    bindparam("decisions", type_=JSONB), bindparam("done", type_=ARRAY(SqlUuid))
)
_EVENT = text("""
    INSERT INTO lead_engagement (tenant_id, lead_id, enrollment_id, type, name, machine, occurred_at)
    SELECT s.tenant_id, s.lead_id, CASE WHEN CAST(:of_enrollment AS boolean) THEN s.id END, CAST(:type AS text),
           CAST(:name AS text), CAST(:machine AS boolean), CAST(:at AS timestamptz)
      FROM lead_sequence_state s WHERE s.tenant_id = :t AND s.id = :enrollment
    RETURNING id
""")
_HEARD = text("UPDATE lead_sequence_state SET heard_event_id = :heard WHERE tenant_id = :t AND id = :enrollment")
_HAS_HEARD = text("""
    SELECT has_heard(s, CAST(:event AS text)) FROM lead_sequence_state s
     WHERE s.tenant_id = :t AND s.id = :enrollment
""")
_CONDITION = text("SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = CAST(:name AS regclass)")


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


@pytest.fixture
async def history(database: Database) -> History:
    return await new_history(database, await new_tenant(database))


def waiting_plan() -> Plan:
    """A step for each event that can be waited for."""
    steps = [
        {"id": uuid4(), "key": event, "type": "wait_for", "config": {"event": event, "timeout_days": 1}}
        for event in EVENTS
    ]
    return Plan.model_validate({"name": "Waits", "settings": {}, "steps": steps})


@pytest.mark.parametrize(
    ("index", "statuses"), [("lead_sequence_state_live", LIVE), ("lead_sequence_state_parked", MOVING)]
)
async def test_which_statuses_are_live(database: Database, index: str, statuses: frozenset[EnrollmentStatus]) -> None:
    """The conditions of the indexes list them, as all SQL does that these indexes serve."""
    condition = await database.call(_CONDITION, {"name": index})
    assert set(re.findall(r"'(\w+)'", condition)) == statuses


async def test_what_is_known_after_decisions(history: History) -> None:
    """`done_after` and `heard_after`, and `having_decided`."""
    draw, plan, answers = random.Random(1), waiting_plan(), set[tuple[int, int]]()
    ids = [step.id for step in plan.steps]
    async with history.database.read(history.tenant_id) as session:
        for _ in range(300):
            decisions = [
                Decision(draw.choice(plan.steps), "else", CONTINUE, draw.random() < 0.3, draw.choice([0, 0, 3, 7, 9]))
                for _ in range(draw.randrange(4))
            ]
            done, heard = draw.sample(ids, draw.randrange(len(ids))), draw.choice([0, 5, 8])
            known = Engagement((), {}, BEGAN, {}, heard, frozenset(map(str, done)))
            for decision in decisions:
                known = having_decided(decision, known)
            values = {"done": done, "heard": heard, "decisions": [decision_row(one) for one in decisions]}
            stored = (await session.execute(_AFTER, values)).one()
            assert (frozenset(map(str, stored[0])), stored[1]) == (known.done, known.heard_event_id), values
            answers.add((len(stored[0]), stored[1]))
    assert len(answers) > 10


async def test_what_a_step_has_heard(history: History) -> None:
    """`has_heard` in SQL and in `domain.engine.walk`, over enrollments with random emails and events."""
    draw, plan, answers = random.Random(2), waiting_plan(), list[bool]()
    for _ in range(60):
        enrollment_id = await random_enrollment(history, draw)
        loaded = await EnrollmentQueries(history.database, history.tenant_id, enrollment_id).load()
        assert loaded is not None
        known = engagement_of(loaded)
        for step in plan.steps:
            key = {"t": history.tenant_id, "enrollment": enrollment_id, "event": step.config.listens_for}
            async with history.database.read(history.tenant_id) as session:
                stored = (await session.execute(_HAS_HEARD, key)).scalar_one()
            assert stored == has_heard(plan, step, known), (step.key, loaded)
            answers.append(stored)
    assert answers.count(True) > 30
    assert answers.count(False) > 30


async def random_enrollment(history: History, draw: random.Random) -> UUID:
    """With up to two emails, sent or of unknown outcome, and up to six events, of which some are answered."""
    enrollment_id = await history.enrollment(BEGAN, at_step="wait")
    for step in draw.sample(["intro", "follow-up"], draw.randrange(3)):
        await history.message(
            enrollment_id, step, draw.choice(MOMENTS), status=draw.choice(["sent", "sent", "unknown"])
        )
    async with history.database.write(history.tenant_id) as session:
        ids = [0]
        for _ in range(draw.randrange(7)):
            kind, name = draw.choice(TYPES)
            values = {"type": kind, "name": name, "machine": draw.random() < 0.2, "at": draw.choice(MOMENTS)}
            key = {"t": history.tenant_id, "enrollment": enrollment_id, "of_enrollment": draw.random() < 0.7}
            ids.append((await session.execute(_EVENT, {**key, **values})).scalar_one())
        heard = {"heard": draw.choice([0, 0, draw.choice(ids)]), "t": history.tenant_id, "enrollment": enrollment_id}
        await session.execute(_HEARD, heard)
    return enrollment_id
