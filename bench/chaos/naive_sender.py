"""The naive sender, the control of the experiment: it checks whether an email was sent, sends it, and records it.

    python -m bench.chaos.naive_sender QUEUE

It has its own worker, which is killed whenever the app's is. Each email has a fixed Message-ID, and what the server
accepted is recorded. But nothing is committed before the final dot, so a crash, a lost connection or an outage of
Postgres between the 250 and the record makes it send the email again. If it showed no duplicates, the run would prove
nothing about the app.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cadenza.settings import asyncpg_url
from mail.smtp.server import SmtpServer
from mail.smtp.transport import SmtpTransport

SENDER = "sam@bench.example"
EMAILS = (
    ("intro", "Quick question about Acme"),
    ("follow-up", "Following up - Acme"),
    ("breakup", "Last email from me"),
)
RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=1.0)
ATTEMPT = timedelta(seconds=10)
CONNECT_PAUSE_SECONDS = 1.0


@dataclass
class NaiveEmail:
    to: str
    step: str
    subject: str


@dataclass
class Outreach:
    to: str
    wait_seconds: float


_SENT = text("SELECT 1 FROM chaos_naive WHERE email = :email AND step = :step")
_RECORD = text("INSERT INTO chaos_naive VALUES (:email, :step) ON CONFLICT DO NOTHING")


class NaiveSender:
    def __init__(self, transport: SmtpTransport, engine: AsyncEngine) -> None:
        self._transport, self._engine = transport, engine

    @activity.defn(name="naive.send")
    async def send(self, email: NaiveEmail) -> None:
        key = {"email": email.to, "step": email.step}
        async with self._engine.connect() as connection:
            if await connection.scalar(_SENT, key):
                return
        await self._transport.deliver(_composed(email), SENDER, email.to, _go_ahead)
        async with self._engine.begin() as connection:
            await connection.execute(_RECORD, key)


@workflow.defn(name="NaiveOutreach")
class NaiveOutreachWorkflow:
    @workflow.run
    async def run(self, outreach: Outreach) -> None:
        for place, (step, subject) in enumerate(EMAILS):
            if place:
                await workflow.sleep(outreach.wait_seconds)
            await workflow.execute_activity(
                "naive.send",
                NaiveEmail(outreach.to, step, subject),
                start_to_close_timeout=ATTEMPT,
                retry_policy=RETRY,
            )


async def _go_ahead() -> bool:
    return True


def _composed(email: NaiveEmail) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, email.to, email.subject
    message["Message-ID"] = f"<{email.step}.{email.to.partition('@')[0]}@naive.example>"
    message.set_content("Hello")
    return message.as_bytes()


async def main(task_queue: str) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    server = SmtpServer(os.environ["CADENZA_SMTP_HOST"], int(os.environ["CADENZA_SMTP_PORT"]), security="none")
    engine = create_async_engine(asyncpg_url(os.environ["CADENZA_DATABASE_URL"]), poolclass=NullPool)
    sender = NaiveSender(SmtpTransport(server), engine)
    client = await _connect()
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=[NaiveOutreachWorkflow],
        activities=[sender.send],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        await stopping.wait()


async def _connect() -> Client:
    while True:
        try:
            return await Client.connect(os.environ["TEMPORAL_ADDRESS"])
        except (RPCError, RuntimeError):
            await asyncio.sleep(CONNECT_PAUSE_SECONDS)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)
