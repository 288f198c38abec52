"""The servers of a benchmark: Postgres and Temporal, as `cadenza up` starts them, and an SMTP sink.

Their data is in a temporary folder, which is removed at the end."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from temporalio.client import Client

from bench.report import progress
from bench.servers.child_process import ROOT, ChildProcess, child
from cadenza.embedded.ports import LOOPBACK
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.maintenance.migrate import upgrade
from cadenza.runtime.payload_codec import data_converter
from cadenza.runtime.payload_keys import PayloadKeys
from db.session import Database
from domain.sequences.sequence import Plan, SequenceSettings, Step
from domain.sequences.steps import StepSpec
from domain.sequences.yaml_text import load
from services.dispatch.dispatcher import Dispatcher
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence
from workflows.gateway import Gateway
from workflows.search_attributes import REGISTRY

COLD_OUTREACH: dict[str, Any] = load((ROOT / "examples" / "cold-outreach.yaml").read_text("utf-8"))


@dataclass
class Rig:
    postgres: EmbeddedPostgres
    temporal: EmbeddedTemporal
    client: Client
    database: Database
    tenant_id: UUID
    smtp_port: int
    sink: ChildProcess
    sink_file: Path | None = None

    async def sink_log(self) -> str:
        """Ends the sink. Returns a line for each message that arrived: Unix seconds, Message-ID."""
        assert self.sink_file is not None, "the rig was started without a file"
        progress(f"sink: {await self.sink.end()}")
        return await asyncio.to_thread(self.sink_file.read_text)

    async def worker(
        self,
        task_queue: str,
        database_url: str | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
        tree: Path = ROOT,
    ) -> ChildProcess:
        """Starts `cadenza worker`. `settings`: additional environment variables."""
        return await child(
            "cadenza",
            "worker",
            tree=tree,
            environment={
                "CADENZA_DATABASE_URL": database_url or self.postgres.app_url,
                "CADENZA_SMTP_HOST": LOOPBACK,
                "CADENZA_SMTP_PORT": str(self.smtp_port),
                "CADENZA_TASK_QUEUE": task_queue,
                "TEMPORAL_ADDRESS": self.temporal.address,
                **(settings or {}),
            },
            log=log,
            is_heard=False,
        )

    def gateway(self, task_queue: str) -> Gateway:
        async def connected() -> Client:
            return self.client

        return Gateway(connected, task_queue)

    def dispatcher(self, task_queue: str) -> Dispatcher:
        return Dispatcher(self.database, self.gateway(task_queue))

    async def leads(self, count: int) -> list[UUID]:
        insert = text("""
            INSERT INTO leads (tenant_id, email, first_name, last_name, company)
            SELECT :tenant, gen_random_uuid() || '@bench.example', 'Ada', 'Lovelace', 'Acme'
              FROM generate_series(1, :count) RETURNING id
        """)
        async with self.database.write(self.tenant_id) as session:
            return list((await session.execute(insert, {"tenant": self.tenant_id, "count": count})).scalars())

    async def sequence(self, steps: list[dict[str, Any]], settings: SequenceSettings | None = None) -> UUID:
        async with self.database.write(self.tenant_id) as session:
            made = await create_sequence(
                session,
                name="Bench",
                description="",
                settings=settings or SequenceSettings(),
                steps=[StepSpec.model_validate(step) for step in steps],
            )
            await change_sequence(session, made.row.id, SequenceChanges(status="active"))
        return made.row.id

    async def quicken(self, sequence_id: UUID, seconds: int) -> None:
        """Shortens the delays of a published sequence to `seconds` each.

        The plan keeps the same activities and timers. The API offers no delays that short.
        """
        async with self.database.write(self.tenant_id) as session:
            versions = text("SELECT plan FROM sequence_versions WHERE sequence_id = :id")
            plan = Plan.model_validate((await session.execute(versions, {"id": sequence_id})).scalar_one())
            steps: list[Step] = []
            wait = 0
            for step in plan.steps:
                if step.type == "delay":
                    wait = seconds
                else:
                    steps.append(step.model_copy(update={"delay_seconds": wait}))
                    wait = 0
            quick = plan.model_copy(update={"steps": tuple(steps)})
            await session.execute(
                text("UPDATE sequence_versions SET plan = CAST(:plan AS jsonb) WHERE sequence_id = :id"),
                {"plan": quick.model_dump_json(by_alias=True), "id": sequence_id},
            )

    async def one(self, statement: str) -> Any:
        async with self.database.read(self.tenant_id) as session:
            return (await session.execute(text(statement))).scalar_one()


@asynccontextmanager
async def rig(
    sink_log: Path | None = None, *, sink: Sequence[str] = ("bench.servers.smtp_sink",)
) -> AsyncGenerator[Rig, None]:
    """`sink`: the module of the SMTP sink and its arguments; it prints its port first. `sink_log`: a file for the
    arrivals."""
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as name:
        folder = Path(name)
        attributes = [key.name for key in REGISTRY]
        async with (
            EmbeddedPostgres(folder / "postgres") as postgres,
            EmbeddedTemporal(folder / "temporal", search_attributes=attributes) as temporal,
        ):
            await asyncio.to_thread(upgrade, postgres.owner_url)
            mail = await child(*sink, *([str(sink_log)] if sink_log else []))
            client = await Client.connect(temporal.address, data_converter=data_converter(PayloadKeys()))
            database = Database(postgres.app_url)
            tenant_id = await new_tenant(database)
            try:
                yield Rig(postgres, temporal, client, database, tenant_id, int(await mail.line()), mail, sink_log)
            finally:
                await database.aclose()
                if mail.process.returncode is None:
                    await mail.end()


async def new_tenant(database: Database) -> UUID:
    tenant_id = uuid4()
    async with database.write(tenant_id) as session:
        await session.execute(
            text("INSERT INTO tenants (id, name, postal_address) VALUES (:id, 'Bench', '1 Main Street, Springfield')"),
            {"id": tenant_id},
        )
        await session.execute(
            text("INSERT INTO mailboxes (tenant_id, email, name) VALUES (:id, 'sam@bench.example', 'Sam')"),
            {"id": tenant_id},
        )
    return tenant_id
