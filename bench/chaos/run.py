"""One run: so many leads are enrolled over the API, act, and are mailed, while everything is killed around them."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from bench.chaos.client import PatientClient
from bench.chaos.control import NaiveOutreachWorkflow, Outreach
from bench.chaos.evidence import Evidence, gather_evidence
from bench.chaos.fates import CUTS, Fate, Role, cast
from bench.chaos.judge import Verdict, judge
from bench.chaos.people import Actor, Operator, People
from bench.chaos.sink import Happening, read_journal
from bench.chaos.supervisor import Strike, Victim, strikes, supervise
from bench.chaos.witness import take_the_stand
from bench.chaos.world import Shape, World, world
from bench.rig import COLD_OUTREACH, progress
from domain.access.tenant_policy import REHEARSAL
from domain.sequences.sequence import SequenceSettings
from services.access.api_keys import create_key

T = TypeVar("T")
ENROLLED_AT_A_TIME = 10
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 900.0
"""A step that is tried for the fifth time waits for 81 seconds, for the sixth 243."""


@dataclass(frozen=True)
class Form:
    name: str
    policy: Literal["skip", "resend"] = "skip"
    workers: int = 1
    apis: int = 1
    control: bool = False


@dataclass(frozen=True)
class Size:
    enrollments: int
    control: int
    """Leads of the naive sender."""
    enroll_seconds: float
    wait_seconds: int
    """What the delays of cold-outreach last: longer than any outage, so that nobody acts too late."""
    span_seconds: float
    """Within which everything is killed."""
    strikes: Mapping[Victim, int]


@dataclass(frozen=True, slots=True)
class Convicted:
    """The naive sender's duplicates."""

    duplicated: int
    by_kills: int
    """Of these, messages of which the mail server cut no connection."""


@dataclass(frozen=True)
class Outcome:
    form: Form
    verdict: Verdict
    evidence: Evidence
    control: Convicted | None
    seconds: float


async def run(
    form: Form, size: Size, seed: int, folder: Path, fault_point: Callable[[int], str | None] = lambda life: None
) -> Outcome:
    """Raises what the run itself cannot go on with; whatever the app does wrong is in the verdict."""
    began = time.monotonic()
    roles, naive = cast(seed, size.enrollments), cast(seed, size.control, domain="naive.example", fate=Fate.SILENT)
    schedule = folder / "schedule.json"
    schedule.write_text(json.dumps({role.email: role.mischief for role in [*roles, *naive]}))
    shape = Shape(form.workers, form.apis, form.control, fault_point)
    async with world(shape, schedule, seed, folder) as there:
        await take_the_stand(there.servers.postgres.owner_url)
        sequence_id, key = await _prepared(there, form, size)
        actors = await _leads(there, roles)
        async with PatientClient(there.urls, key) as client:
            people = People(actors, client, there.database, there.servers.tenant_id)
            operator = Operator(client, sequence_id)
            planned = strikes(seed, size.span_seconds, size.strikes)
            work = [
                _enroll(client, sequence_id, actors, size.enroll_seconds),
                _kill(there, planned),
                *([_naive_outreach(there, naive, size)] if form.control else []),
            ]
            await _beside(
                _until_over(there, sequence_id, people, len(roles), work), people.live(there.journal), operator.work()
            )
            people.aclose()
        journal = read_journal(there.journal.read_text())
        evidence = await gather_evidence(
            there,
            sequence_id,
            roles,
            journal,
            people.answered,
            open_workflows=await _insisting(lambda: _open_workflows(there, sequence_id)),
            answers=client.answers,
            resumed=operator.resumed,
        )
    twice = naive_duplicates(journal, naive) if form.control else None
    return Outcome(form, judge(evidence), evidence, twice, time.monotonic() - began)


def naive_duplicates(journal: Sequence[Happening], naive: Sequence[Role]) -> Convicted:
    """Arrivals of the naive sender's emails beyond the first of each Message-ID."""
    theirs = {role.email for role in naive}
    arrivals = Counter(one.message_id for one in journal if one.did == "taken" and one.to in theirs)
    cut = {one.message_id for one in journal if one.did in CUTS}
    extra = {message_id: times - 1 for message_id, times in arrivals.items()}
    return Convicted(sum(extra.values()), sum(times for message_id, times in extra.items() if message_id not in cut))


async def _prepared(there: World, form: Form, size: Size) -> tuple[UUID, str]:
    """The sequence, active, and a key to the API."""
    servers = there.servers
    sequence_id = await servers.sequence(COLD_OUTREACH["steps"], SequenceSettings(unknown_outcome=form.policy))
    await servers.quicken(sequence_id, size.wait_seconds)
    async with there.database.write(servers.tenant_id) as session:
        # So much goes wrong here that a mailbox of its own would be held at once.
        settings = text("UPDATE tenants SET settings = CAST(:settings AS jsonb) WHERE id = :id")
        await session.execute(settings, {"settings": REHEARSAL.model_dump_json(), "id": servers.tenant_id})
        return sequence_id, (await create_key(session, name="Chaos", scopes=["write"])).key


async def _leads(there: World, roles: list[Role]) -> list[Actor]:
    insert = text("""
        INSERT INTO leads (tenant_id, email, first_name, last_name, company)
        SELECT :tenant_id, email, 'Ada', 'Lovelace', 'Acme' FROM unnest(CAST(:emails AS text[])) AS email
        RETURNING email, id
    """)
    key = {"tenant_id": there.servers.tenant_id, "emails": [role.email for role in roles]}
    async with there.database.write(there.servers.tenant_id) as session:
        ids = {row.email: row.id for row in await session.execute(insert, key)}
    return [Actor(role, ids[role.email]) for role in roles]


async def _enroll(client: PatientClient, sequence_id: UUID, actors: list[Actor], seconds: float) -> None:
    """A few at a time, evenly, each request until it is answered."""
    began = time.monotonic()
    for place in range(0, len(actors), ENROLLED_AT_A_TIME):
        await asyncio.sleep(began + seconds * place / len(actors) - time.monotonic())
        lead_ids = [str(one.lead_id) for one in actors[place : place + ENROLLED_AT_A_TIME]]
        body = {"sequence_id": str(sequence_id), "lead_ids": lead_ids}
        answer = await client.ask("POST", "/leads/enroll-in-sequence", body, key=f"enroll from {place}")
        assert len(answer["enrolled"]) == len(lead_ids), answer


async def _kill(there: World, planned: list[Strike]) -> None:
    """From the first email on: what dies before it has come up proves nothing."""
    while '"taken"' not in await asyncio.to_thread(there.journal.read_text):  # noqa: ASYNC110 (others do the work)
        await asyncio.sleep(POLL_SECONDS)
    await supervise(there, planned)


async def _naive_outreach(there: World, naive: list[Role], size: Size) -> None:
    """Starts the naive workflows evenly, and waits for them."""
    began = time.monotonic()
    handles: list[Any] = []
    for place, role in enumerate(naive):
        await asyncio.sleep(began + size.enroll_seconds * place / len(naive) - time.monotonic())

        async def start(email: str = role.email) -> Any:
            return await there.servers.client.start_workflow(
                NaiveOutreachWorkflow.run,
                Outreach(email, size.wait_seconds),
                id=f"naive/{email}",
                task_queue=f"{there.task_queue}-naive",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )

        handles.append(await _insisting(start))
    for handle in handles:
        await _insisting(handle.result)


async def _until_over(
    there: World, sequence_id: UUID, people: People, count: int, work: Sequence[Coroutine[Any, Any, None]]
) -> None:
    """All that there is to do is done, and every enrollment has ended, here and in Temporal; or patience has."""
    await asyncio.gather(*work)
    progress("everybody is enrolled, everything was killed")
    deadline = time.monotonic() + PATIENCE_SECONDS
    ended = text("""
        SELECT count(*) FROM lead_sequence_state
         WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND status IN ('completed', 'stopped')
    """)
    key = {"tenant_id": there.servers.tenant_id, "sequence_id": sequence_id}

    async def how_many() -> int:
        async with there.database.read(there.servers.tenant_id) as session:
            return int((await session.execute(ended, key)).scalar_one())

    while time.monotonic() < deadline:
        if await _insisting(how_many) == count and people.are_done and not await _open_workflows(there, sequence_id):
            return
        await asyncio.sleep(POLL_SECONDS)
    progress("patience is over: some enrollments have not ended")


async def _open_workflows(there: World, sequence_id: UUID) -> int:
    query = f"CadenzaSequence = '{sequence_id}' AND ExecutionStatus = 'Running'"
    return (await there.servers.client.count_workflows(query)).count


async def _insisting(ask: Callable[[], Awaitable[T]]) -> T:
    """Asks a server that is killed now and then until it answers."""
    while True:
        try:
            return await ask()
        except (DBAPIError, OSError, RPCError):
            await asyncio.sleep(POLL_SECONDS)


async def _beside(main: Coroutine[Any, Any, None], *others: Coroutine[Any, Any, None]) -> None:
    """Runs `main` to its end; the others go on for as long, and must not fail."""
    tasks = [asyncio.create_task(one) for one in (main, *others)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def killed(evidence: Evidence) -> Counter[str]:
    """How often each kind of process was killed."""
    return Counter(life.name.partition("-")[0] for life in evidence.lives if life.was_killed)
