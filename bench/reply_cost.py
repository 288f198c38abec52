"""The cost of one reply for the API: round trips to Postgres, counted on the wire, and CPU.

    .venv/bin/python -m bench.reply_cost

Counts everything that a reply causes in the API's process: authentication, the transaction, and the signal to Temporal
after the answer. Replies are sent one at a time, because simultaneous ones share the signalling.
`event_`: `POST /leads/{id}/events`. `mail_`: a signed message to the inbound webhook.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from bench.cost import counting_proxy
from bench.reply_latency import Replier, ReplySender, repliers_of, reply_steps
from bench.report import progress, result
from bench.servers.api import Api, api
from bench.servers.rig import rig
from bench.servers.round_trips import RoundTripCounter
from cadenza.embedded.ports import LOOPBACK
from cadenza.exit import run_and_leave
from webhooks.signing import new_secret

SETTLES_SECONDS = 0.5
"""How long to wait after an answer until the work behind it is done."""
WARM_UP = 5


async def cost(
    app: Api, counter: RoundTripCounter, repliers: Sequence[Replier], send: Callable[[Replier], Awaitable[None]]
) -> tuple[float, float]:
    """Returns round trips and milliseconds of the API's CPU for one reply."""
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
            repliers = await repliers_of(servers, http, await servers.sequence(reply_steps()), 2 * count)
            await worker.end()
            progress(f"{len(repliers)} leads reply one after another")
            replies = ReplySender(http, secret)
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
