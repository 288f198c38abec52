"""The DBOS side of bench/dbos.py: an enrollment as a DBOS workflow. A separate process, which prints its port.

    .venv/bin/python -m bench.contenders.dbos_worker

A line `{"tenant": ..., "enrollments": [...]}` sent to the port starts those enrollments. The answer is one line, sent
when they are started.
"""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import uvloop
from dbos import DBOS, DBOSConfig, SetWorkflowID

from cadenza.embedded.ports import LOOPBACK
from db.session import Database
from domain.engine.contracts import Directive
from mail.smtp.server import SmtpServer
from services.engine.performing import StepPerformer
from services.engine.tools import Tools
from services.mailboxes.signers import Signers
from services.mailboxes.transports import Transports
from services.secret_box import SecretBox
from webhooks.client import WebhookClient

STARTS_AT_ONCE = 50
LINE_LIMIT = 2**24

# DBOS calls module-level functions, so the connections that they use are held here.
_performers: list[StepPerformer] = []


@DBOS.step(retries_allowed=True, max_attempts=10)
async def perform(tenant_id: str, enrollment_id: str) -> str:
    """Performs one step with the app's code. Returns the next directive as JSON."""
    directive = await _performers[0].perform(UUID(tenant_id), UUID(enrollment_id), datetime.now(UTC))
    return directive.model_dump_json()


@DBOS.workflow()
async def enrollment(tenant_id: str, enrollment_id: str) -> str:
    while True:
        directive = Directive.model_validate_json(await perform(tenant_id, enrollment_id))
        if directive.ends or directive.due_at is None:
            return directive.status
        # A durable sleep: DBOS stores its end.
        await DBOS.sleep_async((directive.due_at - datetime.now(UTC)).total_seconds())


async def start_all(tenant_id: str, enrollment_ids: Sequence[str]) -> None:
    slots = asyncio.Semaphore(STARTS_AT_ONCE)

    async def start_one(enrollment_id: str) -> None:
        async with slots:
            with SetWorkflowID(f"enrollment/{enrollment_id}"):
                await DBOS.start_workflow_async(enrollment, tenant_id, enrollment_id)

    await asyncio.gather(*(start_one(one) for one in enrollment_ids))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        asked = json.loads(line)
        await start_all(asked["tenant"], asked["enrollments"])
        writer.write(b"started\n")
        await writer.drain()
    writer.close()


def launch(url: str) -> None:
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": url,
        "sys_db_pool_size": int(os.environ["BENCH_DBOS_POOL"]),
        "log_level": "WARNING",
    }
    DBOS(config=config)
    DBOS.launch()


async def main() -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    database = Database(os.environ["CADENZA_DATABASE_URL"])
    secrets, webhooks = SecretBox(), WebhookClient()
    smtp = SmtpServer(os.environ["CADENZA_SMTP_HOST"], int(os.environ["CADENZA_SMTP_PORT"]), security="none")
    transports = Transports(smtp, secrets)
    tools = Tools(database, transports, Signers(secrets), lambda _: None, webhooks, None)
    _performers.append(StepPerformer(database, tools))
    launch(os.environ["BENCH_DBOS_URL"])
    server = await asyncio.start_server(serve, LOOPBACK, 0, limit=LINE_LIMIT)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopping.wait()
    DBOS.destroy(workflow_completion_timeout_sec=0)
    await webhooks.aclose()
    await transports.aclose()
    await database.aclose()


if __name__ == "__main__":
    uvloop.run(main())
