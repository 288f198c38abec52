"""A stage for the engine: a tenant on real Postgres and Temporal, a real SMTP sink, and a worker in this process."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import text
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from cadenza.embedded.ports import LOOPBACK
from cadenza.runtime.payload_codec import data_converter
from cadenza.runtime.payload_keys import PayloadKeys
from cadenza.runtime.worker import Parts, make_worker, open_parts
from db.session import Database, WriteSession
from domain.engine.contracts import Directive
from domain.enrollments.status import ResumeMode
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from domain.sequences.yaml_text import load
from mail.links import Links
from mail.smtp.server import SmtpServer
from services.development.time_travel import fast_forward
from services.enrollments import enrolling, steering
from services.inbound.receiving import EventRecorded, LeadEvent, record_event
from services.secret_box import SecretBox, new_key
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence
from services.sequences.versions import Publication, publish_edits
from tests.integration.smtp_servers import trusting_loopback
from tests.shared_servers import namespace_at
from tests.sink import Sink
from webhooks.client import WebhookClient
from workflows.enrollment import EnrollmentWorkflow
from workflows.workflow_ids import enrollment_workflow_id

COLD_OUTREACH = load((Path(__file__).parent.parent / "examples" / "cold-outreach.yaml").read_text("utf-8"))
SETTLE_SECONDS = 180
"""How long a test waits for what is bound to happen: long, so that a busy machine fails none."""
SECRETS = SecretBox([new_key()])
LINKS = Links("https://mail.cadenza.example", "a key that signs the links in mail of tests")
T = TypeVar("T")


@dataclass
class Stage:
    client: Client
    database: Database
    sink: Sink
    task_queue: str
    tenant_id: UUID
    parts: Parts
    _worker: Worker | None = None
    _worker_task: asyncio.Task[None] | None = field(default=None)

    # What a user does.

    async def sequence(self, steps: Sequence[dict[str, Any]], **settings: Any) -> UUID:
        """A sequence of these steps, active."""
        async with self.database.write(self.tenant_id) as session:
            created = await create_sequence(
                session,
                name="Cold outreach",
                description="",
                settings=SequenceSettings(**settings),
                steps=[StepSpec.model_validate(step) for step in steps],
            )
            await change_sequence(session, created.row.id, SequenceChanges(status="active"))
        return created.row.id

    async def edit(self, sequence_id: UUID, edits: Callable[[WriteSession], Awaitable[Any]]) -> Publication:
        """Edits the draft and publishes it; the leads on their way are moved and told."""

        async def act(session: WriteSession) -> Publication:
            await edits(session)
            return await publish_edits(session, sequence_id, dry_run=False)

        return await self.command(act)

    async def lead(self, **fields: str) -> UUID:
        values = {
            "email": f"lead-{uuid4().hex[:8]}@acme.example",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "company": "Acme",
            "timezone": "Europe/Berlin",
            **fields,
        }
        columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        async with self.database.write(self.tenant_id) as session:
            insert = text(f"INSERT INTO leads (tenant_id, {columns}) VALUES (:tenant_id, {places}) RETURNING id")
            return (await session.execute(insert, {"tenant_id": self.tenant_id, **values})).scalar_one()

    async def enroll(self, sequence_id: UUID, *lead_ids: UUID, dispatch: bool = True) -> list[UUID]:
        """The enrollments, told to Temporal unless `dispatch` is false."""
        async with self.database.write(self.tenant_id) as session:
            result = await enrolling.enroll(session, sequence_id=sequence_id, lead_ids=lead_ids)
        if dispatch:
            await self.parts.dispatcher.dispatch(self.tenant_id)
        return [one.enrollment_id for one in result.enrolled if one.enrollment_id is not None]

    async def pause(self, lead_id: UUID) -> None:
        await self.command(lambda session: steering.pause(session, lead_id, None))

    async def resume(self, lead_id: UUID, mode: ResumeMode = ResumeMode.PRESERVE_REMAINING) -> None:
        await self.command(lambda session: steering.resume(session, lead_id, None, mode))

    async def stop(self, lead_id: UUID, reason: str = "manual") -> None:
        await self.command(lambda session: steering.stop(session, lead_id, None, reason))

    async def tell(self, lead_id: UUID, event: LeadEvent) -> EventRecorded:
        return await self.command(lambda session: record_event(session, lead_id, event))

    async def command(self, act: Callable[[WriteSession], Awaitable[T]]) -> T:
        async with self.database.write(self.tenant_id) as session:
            answer = await act(session)
        await self.parts.dispatcher.dispatch(self.tenant_id)
        return answer

    async def forward(self, **by: float) -> None:
        """Moves every live enrollment's clock, and waits until what came due is done."""
        await fast_forward(self.database, self.parts.gateway, self.parts.dispatcher, self.tenant_id, timedelta(**by))

    # What a user sees.

    async def state(self, enrollment_id: UUID) -> Any:
        """The mirror's row."""
        return (await self.query("SELECT * FROM lead_sequence_state WHERE id = :id", id=enrollment_id))[0]

    async def lead_row(self, lead_id: UUID) -> Any:
        return (await self.query("SELECT * FROM leads WHERE id = :id", id=lead_id))[0]

    async def log(self, enrollment_id: UUID) -> list[str]:
        rows = await self.query(
            "SELECT event FROM sequence_execution_log WHERE enrollment_id = :id ORDER BY id", id=enrollment_id
        )
        return [row.event for row in rows]

    async def query(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.database.read(self.tenant_id) as session:
            return list((await session.execute(text(statement), parameters)).all())

    async def query_write(self, statement: str, **parameters: Any) -> None:
        async with self.database.write(self.tenant_id) as session:
            await session.execute(text(statement), parameters)

    async def position(self, enrollment_id: UUID) -> Directive:
        """Where the enrollment stands, as its workflow knows it."""
        return await self.handle(enrollment_id).query(EnrollmentWorkflow.position)

    def handle(self, enrollment_id: UUID) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(enrollment_workflow_id(self.tenant_id, enrollment_id))

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, within_seconds: float = SETTLE_SECONDS
    ) -> None:
        """Waits for something that is bound to happen; fails, naming it, when it does not."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while not await holds():
            assert loop.time() < deadline, f"did not happen: {what}"
            await asyncio.sleep(0.05)

    async def until_status(self, enrollment_id: UUID, *statuses: str, within_seconds: float = SETTLE_SECONDS) -> Any:
        async def reached() -> bool:
            return (await self.state(enrollment_id)).status in statuses

        await self.until(reached, f"{enrollment_id} is {' or '.join(statuses)}", within_seconds)
        return await self.state(enrollment_id)

    async def subjects_to(self, lead_id: UUID) -> list[str]:
        """Of the emails that this lead was sent. A worker's pass over the queue is for every tenant: what other tests
        have left in it arrives at this stage's sink as well."""
        return self.sink.subjects((await self.lead_row(lead_id)).email)

    async def until_sent(self, count: int) -> None:
        async def sent() -> bool:
            return len(self.sink.received) >= count

        await self.until(sent, f"{count} messages at the sink")

    # The worker may be away for a while.

    async def start_worker(self) -> None:
        self._worker = make_worker(self.client, self.parts, self.task_queue)
        self._worker_task = asyncio.create_task(self._worker.run())

    async def stop_worker(self) -> None:
        if self._worker is not None and self._worker_task is not None:
            await self._worker.shutdown()
            await self._worker_task
            self._worker = None


async def new_tenant(database: Database) -> UUID:
    tenant_id = uuid4()
    async with database.write(tenant_id) as session:
        await session.execute(
            text("INSERT INTO tenants (id, name, postal_address) VALUES (:id, 'Stage', '1 Main Street, Springfield')"),
            {"id": tenant_id},
        )
        await session.execute(
            text("INSERT INTO mailboxes (tenant_id, email, name) VALUES (:id, 'sam@sender.example', 'Sam Sender')"),
            {"id": tenant_id},
        )
    return tenant_id


@asynccontextmanager
async def stage(
    database_url: str, temporal_address: str, payload_keys: PayloadKeys | None = None
) -> AsyncGenerator[Stage, None]:
    converter = data_converter(payload_keys or PayloadKeys())
    client = await Client.connect(temporal_address, namespace=namespace_at(temporal_address), data_converter=converter)
    database, sink, task_queue = Database(database_url), Sink(), f"test-{uuid4()}"
    await sink.start()
    smtp = SmtpServer(LOOPBACK, sink.port, security="none")
    parts = open_parts(
        client,
        database,
        smtp,
        task_queue,
        secrets=SECRETS,
        mail_allow_private=True,
        mail_tls=trusting_loopback(),
        links=LINKS,
        webhooks=WebhookClient(allow_private=True),
    )
    one = Stage(client, database, sink, task_queue, await new_tenant(database), parts)
    await one.start_worker()
    try:
        yield one
    finally:
        await one.stop_worker()
        await one.parts.aclose()
        await sink.stop()
