"""One run: leads are enrolled through the API, act, and are mailed, while all processes are killed again and again."""

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

from bench.chaos.event_triggers import create_event_triggers
from bench.chaos.evidence import Evidence, gather_evidence
from bench.chaos.fates import CUTS, Fate, Role, cast_roles
from bench.chaos.judge import Verdict, judge
from bench.chaos.kills import PlannedKill, Victim, execute_kills, plan_kills
from bench.chaos.lead_behaviour import ActingLead, LeadBehaviour, Operator
from bench.chaos.naive_sender import NaiveOutreachWorkflow, Outreach
from bench.chaos.processes import ChaosProcesses, ProcessCounts, running_processes
from bench.chaos.retrying_client import RetryingClient
from bench.chaos.smtp_sink import SinkEvent, read_journal
from bench.report import progress
from bench.servers.rig import COLD_OUTREACH
from domain.access.tenant_policy import REHEARSAL
from domain.sequences.sequence import SequenceSettings
from services.access.api_keys import create_key

T = TypeVar("T")
ENROLLED_AT_A_TIME = 10
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 900.0
"""The fifth attempt of a step waits 81 seconds, the sixth 243."""


@dataclass(frozen=True)
class Form:
    name: str
    policy: Literal["skip", "resend"] = "skip"
    workers: int = 1
    apis: int = 1
    control: bool = False


@dataclass(frozen=True)
class RunSize:
    enrollments: int
    control: int
    """Number of leads of the naive sender."""
    enroll_seconds: float
    wait_seconds: int
    """Duration of the delays in cold-outreach: longer than any outage, so that every lead acts in time."""
    span_seconds: float
    """Time span of the kills."""
    kills: Mapping[Victim, int]


@dataclass(frozen=True, slots=True)
class NaiveDuplicates:
    """The duplicates of the naive sender."""

    duplicated: int
    by_kills: int
    """Those of messages whose connection the mail server did not cut."""


@dataclass(frozen=True)
class FormResult:
    form: Form
    verdict: Verdict
    evidence: Evidence
    control: NaiveDuplicates | None
    seconds: float


async def run(
    form: Form, size: RunSize, seed: int, folder: Path, fault_point: Callable[[int], str | None] = lambda life: None
) -> FormResult:
    """Runs one form. Raises only errors of the run itself; faults of the app are in the verdict."""
    began = time.monotonic()
    roles, naive = (
        cast_roles(seed, size.enrollments),
        cast_roles(seed, size.control, domain="naive.example", fate=Fate.SILENT),
    )
    schedule = folder / "schedule.json"
    schedule.write_text(json.dumps({role.email: role.faults for role in [*roles, *naive]}))
    shape = ProcessCounts(form.workers, form.apis, form.control, fault_point)
    async with running_processes(shape, schedule, seed, folder) as processes:
        await create_event_triggers(processes.servers.postgres.owner_url)
        sequence_id, key = await _prepared(processes, form, size)
        actors = await _leads(processes, roles)
        async with RetryingClient(processes.urls, key) as client:
            behaviour = LeadBehaviour(actors, client, processes.database, processes.servers.tenant_id)
            operator = Operator(client, sequence_id)
            planned = plan_kills(seed, size.span_seconds, size.kills)
            work = [
                _enroll(client, sequence_id, actors, size.enroll_seconds),
                _kill(processes, planned),
                *([_naive_outreach(processes, naive, size)] if form.control else []),
            ]
            await _beside(
                _until_over(processes, sequence_id, behaviour, len(roles), work),
                behaviour.live(processes.journal),
                operator.work(),
            )
            behaviour.aclose()
        journal = read_journal(processes.journal.read_text())
        evidence = await gather_evidence(
            processes,
            sequence_id,
            roles,
            journal,
            behaviour.answered,
            open_workflows=await _retried(lambda: _open_workflows(processes, sequence_id)),
            answers=client.answers,
            resumed=operator.resumed,
        )
    twice = naive_duplicates(journal, naive) if form.control else None
    return FormResult(form, judge(evidence), evidence, twice, time.monotonic() - began)


def naive_duplicates(journal: Sequence[SinkEvent], naive: Sequence[Role]) -> NaiveDuplicates:
    """Counts the arrivals of the naive sender's emails after the first of each Message-ID."""
    naive_addresses = {role.email for role in naive}
    arrivals = Counter(one.message_id for one in journal if one.did == "taken" and one.to in naive_addresses)
    cut = {one.message_id for one in journal if one.did in CUTS}
    extra = {message_id: times - 1 for message_id, times in arrivals.items()}
    return NaiveDuplicates(
        sum(extra.values()), sum(times for message_id, times in extra.items() if message_id not in cut)
    )


async def _prepared(processes: ChaosProcesses, form: Form, size: RunSize) -> tuple[UUID, str]:
    """Creates and activates the sequence. Returns its ID and an API key."""
    servers = processes.servers
    sequence_id = await servers.sequence(COLD_OUTREACH["steps"], SequenceSettings(unknown_outcome=form.policy))
    await servers.quicken(sequence_id, size.wait_seconds)
    async with processes.database.write(servers.tenant_id) as session:
        # The circuit breakers of a normal mailbox would hold it at once, with so many failures.
        settings = text("UPDATE tenants SET settings = CAST(:settings AS jsonb) WHERE id = :id")
        await session.execute(settings, {"settings": REHEARSAL.model_dump_json(), "id": servers.tenant_id})
        return sequence_id, (await create_key(session, name="Chaos", scopes=["write"])).key


async def _leads(processes: ChaosProcesses, roles: list[Role]) -> list[ActingLead]:
    insert = text("""
        INSERT INTO leads (tenant_id, email, first_name, last_name, company)
        SELECT :tenant_id, email, 'Ada', 'Lovelace', 'Acme' FROM unnest(CAST(:emails AS text[])) AS email
        RETURNING email, id
    """)
    key = {"tenant_id": processes.servers.tenant_id, "emails": [role.email for role in roles]}
    async with processes.database.write(processes.servers.tenant_id) as session:
        ids = {row.email: row.id for row in await session.execute(insert, key)}
    return [ActingLead(role, ids[role.email]) for role in roles]


async def _enroll(client: RetryingClient, sequence_id: UUID, actors: list[ActingLead], seconds: float) -> None:
    """Enrolls a few leads at a time, evenly over `seconds`. Repeats each request until it is answered."""
    began = time.monotonic()
    for place in range(0, len(actors), ENROLLED_AT_A_TIME):
        await asyncio.sleep(began + seconds * place / len(actors) - time.monotonic())
        lead_ids = [str(one.lead_id) for one in actors[place : place + ENROLLED_AT_A_TIME]]
        body = {"sequence_id": str(sequence_id), "lead_ids": lead_ids}
        answer = await client.ask("POST", "/leads/enroll-in-sequence", body, key=f"enroll from {place}")
        assert len(answer["enrolled"]) == len(lead_ids), answer


async def _kill(processes: ChaosProcesses, planned: list[PlannedKill]) -> None:
    """Waits for the first email, then kills: killing a process that is still starting proves nothing."""
    while '"taken"' not in await asyncio.to_thread(processes.journal.read_text):  # noqa: ASYNC110 (another process does the work)
        await asyncio.sleep(POLL_SECONDS)
    await execute_kills(processes, planned)


async def _naive_outreach(processes: ChaosProcesses, naive: list[Role], size: RunSize) -> None:
    """Starts the naive workflows evenly and waits for them."""
    began = time.monotonic()
    handles: list[Any] = []
    for place, role in enumerate(naive):
        await asyncio.sleep(began + size.enroll_seconds * place / len(naive) - time.monotonic())

        async def start(email: str = role.email) -> Any:
            return await processes.servers.client.start_workflow(
                NaiveOutreachWorkflow.run,
                Outreach(email, size.wait_seconds),
                id=f"naive/{email}",
                task_queue=f"{processes.task_queue}-naive",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )

        handles.append(await _retried(start))
    for handle in handles:
        await _retried(handle.result)


async def _until_over(
    processes: ChaosProcesses,
    sequence_id: UUID,
    behaviour: LeadBehaviour,
    count: int,
    work: Sequence[Coroutine[Any, Any, None]],
) -> None:
    """Waits until the work is done and every enrollment has ended in Postgres and Temporal, at most
    PATIENCE_SECONDS."""
    await asyncio.gather(*work)
    progress("all leads are enrolled, all kills are done")
    deadline = time.monotonic() + PATIENCE_SECONDS
    ended = text("""
        SELECT count(*) FROM lead_sequence_state
         WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND status IN ('completed', 'stopped')
    """)
    key = {"tenant_id": processes.servers.tenant_id, "sequence_id": sequence_id}

    async def how_many() -> int:
        async with processes.database.read(processes.servers.tenant_id) as session:
            return int((await session.execute(ended, key)).scalar_one())

    while time.monotonic() < deadline:
        if (
            await _retried(how_many) == count
            and behaviour.are_done
            and not await _open_workflows(processes, sequence_id)
        ):
            return
        await asyncio.sleep(POLL_SECONDS)
    progress("some enrollments have not ended in time")


async def _open_workflows(processes: ChaosProcesses, sequence_id: UUID) -> int:
    query = f"CadenzaSequence = '{sequence_id}' AND ExecutionStatus = 'Running'"
    return (await processes.servers.client.count_workflows(query)).count


async def _retried(ask: Callable[[], Awaitable[T]]) -> T:
    """Repeats a query until the server, which may be down, answers."""
    while True:
        try:
            return await ask()
        except (DBAPIError, OSError, RPCError):
            await asyncio.sleep(POLL_SECONDS)


async def _beside(main: Coroutine[Any, Any, None], *others: Coroutine[Any, Any, None]) -> None:
    """Runs `main` to its end, and the others in the background until then. Raises an error of any of them."""
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
    """Returns how often each kind of process was killed."""
    return Counter(life.name.partition("-")[0] for life in evidence.lives if life.was_killed)
