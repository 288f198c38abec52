"""Send slots: how fast a mailbox's calendar fills, whether it holds, and how often a lead that waits wakes.

    .venv/bin/python -m bench.slots [--slots 100000] [--mailboxes 8] [--connections 8]

Every reservation is `take_slot` under its mailbox's lock, as `defer_message` calls it, each in a transaction of its own:
leads of several time zones, due within one day, for mailboxes with a daily cap, an hourly cap and a gap. Afterwards the
table is counted anew, by statements that share nothing with what took the slots. `wakeups_per_lead` counts, for leads
on a mailbox that can send to none of them today, the activities between enrolling and sending, but for the last.
"""

import argparse
import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import text

from bench.rig import Rig, progress, result, rig
from cadenza.exit import run_and_leave
from domain.mailbox_limits import MailboxLimits
from domain.send_times import HORIZONS, OpenDays, SendTimes
from domain.sending_hours import SendingHours
from domain.windows import SendWindow
from domain.zones import Zones

LIMITS = MailboxLimits(daily_cap=50, hourly_cap=12, min_gap_seconds=120)
ZONE = "Europe/Berlin"
LEAD_ZONES = ("Europe/Berlin", "Europe/London", "Europe/Helsinki")
WINDOW = SendWindow(start="08:00", end="18:00")
DUE = datetime(2027, 1, 4, 6, tzinfo=UTC)

TAKE = """
    SELECT (s.slot).at FROM (
        SELECT take_slot(lock_mailbox($1, $2), NULL, $3, 1, $4, $5, $6, $7, $8, '0', true) AS slot) s
"""
# A day holds no more than its cap; of any thirteen in a row the last is an hour after the first, and of any two the
# later a gap. What is held may be used up to ten seconds later.
BROKEN = """
    WITH slots AS (
        SELECT mailbox_id, at, (at AT TIME ZONE $2)::date AS day,
               lag(at, 1) OVER w AS before, lag(at, $3) OVER w AS hour_before
          FROM send_slots WHERE tenant_id = $1 AND status IN ('held', 'used') WINDOW w AS (PARTITION BY mailbox_id ORDER BY at)
    )
    SELECT (SELECT count(*) FROM slots WHERE at - before < make_interval(secs => $4) + interval '10 seconds')
         + (SELECT count(*) FROM slots WHERE at - hour_before < interval '1 hour' + interval '10 seconds')
         + (SELECT coalesce(sum(n - $5), 0)
              FROM (SELECT count(*) AS n FROM slots GROUP BY mailbox_id, day HAVING count(*) > $5) full_days)
         + (SELECT count(*) FROM slots
             WHERE extract(isodow FROM at AT TIME ZONE $2) > 5
                OR (at AT TIME ZONE 'Europe/Helsinki')::time < '08:00' OR (at AT TIME ZONE 'Europe/London')::time >= '18:00')
"""


def times_of(lead_zone: str) -> SendTimes:
    zones = Zones(lead_zone, ZONE, mailbox=ZONE)
    return SendTimes(SendingHours.of(WINDOW, None, zones), LIMITS, ZoneInfo(ZONE))


async def new_mailbox(servers: Rig) -> UUID:
    insert = text("""
        INSERT INTO mailboxes (tenant_id, email, timezone, daily_cap, hourly_cap, min_gap_seconds)
        VALUES (:tenant, :email, :zone, :daily, :hourly, :gap) RETURNING id
    """)
    async with servers.database.write(servers.tenant_id) as session:
        values = {"tenant": servers.tenant_id, "email": f"{uuid4().hex}@bench.example", "zone": ZONE}
        limits = {"daily": LIMITS.daily_cap, "hourly": LIMITS.hourly_cap, "gap": LIMITS.min_gap_seconds}
        return (await session.execute(insert, values | limits)).scalar_one()


class Fill:
    """Reservations that several connections take from one list."""

    def __init__(self, servers: Rig, mailboxes: list[UUID], slots: int) -> None:
        self._servers = servers
        draw = random.Random(4)
        self._work = [
            (mailboxes[number % len(mailboxes)], draw.choice(LEAD_ZONES), DUE + timedelta(minutes=draw.randrange(1440)))
            for number in range(slots)
        ]
        self._times = {zone: times_of(zone) for zone in LEAD_ZONES}
        self.calls = 0

    async def run(self, connections: int) -> float:
        began = time.monotonic()
        await asyncio.gather(*(self._lane() for _ in range(connections)))
        return time.monotonic() - began

    async def _lane(self) -> None:
        connection = await asyncpg.connect(self._servers.postgres.app_url.replace("+asyncpg", ""))
        try:
            while self._work:
                mailbox, zone, due = self._work.pop()
                await self._take(connection, mailbox, self._times[zone], due)
        finally:
            await connection.close()

    async def _take(self, connection: asyncpg.Connection, mailbox: UUID, times: SendTimes, due: datetime) -> None:
        beyond = 0
        for horizon in HORIZONS:
            days = times.open_days(due, horizon, beyond)
            self.calls += 1
            if await connection.fetchval(TAKE, self._servers.tenant_id, mailbox, uuid4(), due, *_columns(days)):
                return
            beyond = horizon
        raise RuntimeError("twenty years are full")


def _columns(days: OpenDays) -> tuple[list[object], ...]:
    return list(days.days), list(days.caps), list(days.opens), list(days.closes)


async def main(slots: int, mailboxes: int, connections: int) -> None:
    async with rig() as servers:
        boxes = [await new_mailbox(servers) for _ in range(mailboxes)]
        fill = Fill(servers, boxes, slots)
        seconds = await fill.run(connections)
        progress(f"{slots} slots in {seconds:.1f} s, {fill.calls / slots:.2f} calls each")
        connection = await asyncpg.connect(servers.postgres.owner_url.replace("+asyncpg", ""))
        await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(servers.tenant_id))
        cap = LIMITS.daily_cap
        broken = await connection.fetchval(
            BROKEN, servers.tenant_id, ZONE, LIMITS.hourly_cap, LIMITS.min_gap_seconds, cap
        )
        taken = await connection.fetchval("SELECT count(*) FROM send_slots WHERE tenant_id = $1", servers.tenant_id)
        days = await connection.fetchval(
            "SELECT count(DISTINCT day) FROM send_days WHERE tenant_id = $1", servers.tenant_id
        )
        await connection.close()
    result(
        "slots",
        {
            "slots": taken,
            "per_s": round(slots / seconds),
            "broken": int(broken) + abs(taken - slots),
            "days": days,
            "calls_per_slot": round(fill.calls / slots, 3),
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, default=100_000)
    parser.add_argument("--mailboxes", type=int, default=8)
    parser.add_argument("--connections", type=int, default=8)
    asked = parser.parse_args()
    run_and_leave(lambda: asyncio.run(main(asked.slots, asked.mailboxes, asked.connections)))
