"""Send slots: reservations per second, whether the limits are kept, and how often a waiting lead wakes.

    .venv/bin/python -m bench.slots [--slots 100000] [--mailboxes 8] [--connections 8]

A reservation is a call of `take_slot` under the mailbox's lock, as `defer_message` makes it, in its own transaction.
The leads are in several zones and due within one day; the mailboxes have a daily cap, an hourly cap and a minimum gap.
Afterwards an independent query counts the violations in the table (`broken`).
"""

import argparse
import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench.measures.wakeups import wakeups_per_lead
from bench.report import progress, result
from bench.servers.rig import Rig, rig
from cadenza.exit import run_and_leave
from db.call_pool import Call
from domain.mailboxes.limits import MailboxLimits
from domain.mailboxes.send_times import Horizons, SendTimes
from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import SendWindow
from domain.zones import Zones

LIMITS = MailboxLimits(daily_cap=50, hourly_cap=12, min_gap_seconds=120)
ZONE = "Europe/Berlin"
LEAD_ZONES = ("Europe/Berlin", "Europe/London", "Europe/Helsinki")
WINDOW = SendWindow(start="08:00", end="18:00")
DUE = datetime(2027, 1, 4, 6, tzinfo=UTC)

TAKE = Call("""
    SELECT (s.slot).at FROM (
        SELECT take_slot(lock_mailbox(:tenant_id, :mailbox_id), NULL, :step_id, 1, :due, :days, :caps, :opens, :closes,
                         '0', true) AS slot) s
""")
# Rules: a day has at most its cap. Of any thirteen slots in a row the last is at least an hour after the first; of any
# two the second is at least the gap later. A held slot may be used up to ten seconds late. The window is open from the
# time when it opens in the first zone until it closes in the last one.
BROKEN = text("""
    WITH slots AS (
        SELECT mailbox_id, at, (at AT TIME ZONE :zone)::date AS day,
               at - lag(at) OVER w AS gap, at - lag(at, :hourly_cap) OVER w AS sixty
          FROM send_slots WHERE status IN ('held', 'used') WINDOW w AS (PARTITION BY mailbox_id ORDER BY at)
    )
    SELECT (SELECT count(*) FROM slots WHERE gap < make_interval(secs => :gap + 10))
         + (SELECT count(*) FROM slots WHERE sixty < make_interval(secs => 3610))
         + (SELECT coalesce(sum(n - :daily_cap), 0)
              FROM (SELECT count(*) AS n FROM slots GROUP BY mailbox_id, day) per_day WHERE n > :daily_cap)
         + (SELECT count(*) FROM slots
             WHERE extract(isodow FROM at AT TIME ZONE :zone) > 5
                OR (at AT TIME ZONE 'Europe/Helsinki')::time < '08:00'
                OR (at AT TIME ZONE 'Europe/London')::time >= '18:00')
""")
NEW_MAILBOX = text("""
    INSERT INTO mailboxes (tenant_id, email, weight, timezone, daily_cap, hourly_cap, min_gap_seconds)
    VALUES (:tenant, :email, 0, :zone, :daily_cap, :hourly_cap, :gap) RETURNING id
""")


def times_of(lead_zone: str) -> SendTimes:
    zones = Zones(lead_zone, ZONE, mailbox=ZONE)
    return SendTimes(SendingHours.of(WINDOW, None, zones), LIMITS, ZoneInfo(ZONE))


def limits() -> dict[str, Any]:
    return {
        "zone": ZONE,
        "daily_cap": LIMITS.daily_cap,
        "hourly_cap": LIMITS.hourly_cap,
        "gap": LIMITS.min_gap_seconds,
    }


class Fill:
    """Makes a list of reservations over several connections."""

    def __init__(self, servers: Rig, mailboxes: list[UUID], slots: int) -> None:
        self._servers = servers
        draw = random.Random(4)
        self._work = [
            (mailboxes[number % len(mailboxes)], draw.choice(LEAD_ZONES), DUE + timedelta(minutes=draw.randrange(1440)))
            for number in range(slots)
        ]
        self._times = {zone: times_of(zone) for zone in LEAD_ZONES}
        self._horizons = Horizons()
        self.calls = 0

    async def run(self, connections: int) -> float:
        """Makes all reservations; returns the seconds that it took."""
        began = time.monotonic()
        await asyncio.gather(*(self._connection() for _ in range(connections)))
        return time.monotonic() - began

    async def _connection(self) -> None:
        while self._work:
            mailbox, zone, due = self._work.pop()
            await self._take(mailbox, self._times[zone], due)

    async def _take(self, mailbox: UUID, times: SendTimes, due: datetime) -> None:
        for beyond, horizon in self._horizons.of(mailbox):
            days = times.open_days(due, horizon, beyond)
            self.calls += 1
            key = {"tenant_id": self._servers.tenant_id, "mailbox_id": mailbox, "step_id": uuid4(), "due": due}
            columns = {"days": days.days, "caps": days.caps, "opens": days.opens, "closes": days.closes}
            if at := await self._servers.database.calls.value(TAKE, key | columns):
                self._horizons.found(mailbox, (at - due).days)
                return
        raise RuntimeError("no slot is free within twenty years")


async def main(slots: int, mailboxes: int, connections: int) -> None:
    async with rig() as servers:
        wakeups = await wakeups_per_lead(servers, 20, 5)
        async with servers.database.write(servers.tenant_id) as session:
            # Remove the slots of the leads above, which `broken` must not count.
            await session.execute(text("DELETE FROM send_slots"))
            rows = [
                {"tenant": servers.tenant_id, "email": f"{uuid4().hex}@bench.example", **limits()}
                for _ in range(mailboxes)
            ]
            boxes = [(await session.execute(NEW_MAILBOX, row)).scalar_one() for row in rows]
        fill = Fill(servers, boxes, slots)
        seconds = await fill.run(connections)
        progress(f"{slots} slots in {seconds:.1f} s, {fill.calls / slots:.2f} calls each")
        async with servers.database.read(servers.tenant_id) as session:
            broken = int((await session.execute(BROKEN, limits())).scalar_one())
            taken = int((await session.execute(text("SELECT count(*) FROM send_slots"))).scalar_one())
    result(
        "slots",
        {
            "slots": taken,
            "per_s": round(slots / seconds),
            "broken": broken + abs(taken - slots),
            "wakeups_per_lead": round(wakeups, 3),
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, default=100_000)
    parser.add_argument("--mailboxes", type=int, default=8)
    parser.add_argument("--connections", type=int, default=8)
    asked = parser.parse_args()
    run_and_leave(lambda: asyncio.run(main(asked.slots, asked.mailboxes, asked.connections)))
