"""What one reply costs the API: round trips to Postgres, counted on the wire, and CPU.

    .venv/bin/python -m bench.reply_cost

Everything that a reply sets off in the API's process counts: who asks, the transaction, and telling Temporal after
the answer. Replies come one at a time; those that come together share what is told after them.
`event_`: `POST /leads/{id}/events`. `mail_`: a signed message to the inbound webhook.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from bench.cost import counting_proxy
from bench.postgres_counter import PostgresCounter
from bench.reply_latency import Replier, Replies, chain, repliers_of
from bench.rig import progress, result, rig
from bench.served import Api, api
from cadenza.embedded.ports import LOOPBACK
from cadenza.exit import run_and_leave
from webhooks.signing import new_secret

SETTLES_SECONDS = 0.5
"""After an answer, until what it set off is done."""
WARM_UP = 5


async def cost(
    app: Api, counter: PostgresCounter, repliers: Sequence[Replier], send: Callable[[Replier], Awaitable[None]]
) -> tuple[float, float]:
    """Round trips and milliseconds of the API's CPU for each."""
    for one in repliers[:WARM_UP]:
        await send(one)
    await asyncio.sleep(SETTLES_SECONDS)
    counted = repliers[WARM_UP:]
    round_trips, cpu = counter.round_trips, app.process.cpu_seconds
    for one in counted:
        await send(one)
        await asyncio.sleep(SETTLES_SECONDS)
    trips, seconds = counter.round_trips - round_trips, app.process.cpu_seconds - cpu
    return round(trips / len(counted), 1), round(1000 * seconds / len(counted), 1)


async def main(count: int) -> None:
    task_queue, secret = f"app-{uuid4()}", new_secret()
    async with rig() as servers:
        counter = await counting_proxy(servers)
        url = servers.database.engine.url.set(host=LOOPBACK, port=counter.port)
        settings = {
            "CADENZA_DATABASE_URL": url.set(drivername="postgresql").render_as_string(hide_password=False),
            "CADENZA_INBOUND_WEBHOOK_SECRET": secret,
        }
        async with api(servers, task_queue, settings) as app, app.tenant(servers.tenant_id) as http:
            worker = await servers.worker(task_queue)
            repliers = await repliers_of(servers, http, await servers.sequence(chain()), 2 * count)
            await worker.end()
            progress(f"{len(repliers)} leads reply, one by one")
            replies = Replies(http, secret)
            event_trips, event_ms = await cost(app, counter, repliers[:count], replies.as_event)
            mail_trips, mail_ms = await cost(app, counter, repliers[count:], replies.as_mail)
        await counter.stop()
    result(
        "reply_cost",
        {
            "event_round_trips": event_trips,
            "event_cpu_ms": event_ms,
            "mail_round_trips": mail_trips,
            "mail_cpu_ms": mail_ms,
        },
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=25, help="of each kind")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.replies)))
