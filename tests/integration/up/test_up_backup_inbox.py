"""An inbox after a restore is read from the position in the backup, so that no reply in the gap is lost."""

import asyncio
from pathlib import Path
from typing import Any

from tests.imap_server import PASSWORD, TestImap, imap_server
from tests.integration.cli.conftest import run_program
from tests.integration.inbound.watched_inbox import letter
from tests.integration.up.house import House
from tests.integration.up.up_run import UpRun

STEPS: list[dict[str, Any]] = [
    {"key": "one", "type": "email", "config": {"subject": "one", "body_text": "Hello"}},
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "two", "type": "email", "config": {"subject": "two", "body_text": "Hello again"}},
]
EARLY, LATE, SILENT = (f"{name}@acme.example" for name in ("early", "late", "silent"))


def begin(house: House, imap: TestImap, user: str) -> None:
    """Watches the inbox and enrolls all leads, which then sleep after their first email."""
    [mailbox] = house.call("GET", "/mailboxes")["items"]
    inbox = {"host": "127.0.0.1", "port": imap.port, "security": "none", "username": user, "password": PASSWORD}
    house.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"imap": inbox})
    house.until(lambda: house.rows("SELECT count(*) FROM inbox_cursors WHERE read_at IS NOT NULL") == [(1,)], "read")
    people = [EARLY, LATE, SILENT]
    house.import_leads(people)
    house.enroll(house.sequence("In flight", STEPS), people)
    house.until_sent((address, "one") for address in people)


def until_replied(house: House, *expected: str) -> None:
    asked = (
        "SELECT l.email FROM lead_sequence_state s JOIN leads l ON l.id = s.lead_id"
        " WHERE s.stop_reason = 'replied' ORDER BY l.email"
    )
    house.until(lambda: house.rows(asked) == [(address,) for address in expected], f"{expected} have replied")


async def test_only_replies_in_the_gap_are_read_again(folder: Path, runs: list[UpRun]) -> None:
    def up(home: str) -> House:
        runs.append(UpRun(folder / home, "--dev", module="cadenza"))
        return House(runs[-1])

    async def does(*arguments: str) -> None:
        ran = await run_program(*arguments, environment={})
        assert ran.status == 0, ran.err

    # Waiting for a home blocks, so it runs in a thread: the IMAP server runs in this one.
    async with imap_server() as imap:
        user, file = await imap.account(), folder / "backup.cadenza"
        old = await asyncio.to_thread(up, "old")
        await asyncio.to_thread(begin, old, imap, user)
        await imap.append(user, letter(EARLY))
        await asyncio.to_thread(until_replied, old, EARLY)
        await does("backup", str(file), "--home", str(old.up.home))
        await imap.append(user, letter(LATE))
        await asyncio.to_thread(until_replied, old, EARLY, LATE)
        await asyncio.to_thread(old.up.kill_everything)

        await does("restore", str(file), "--home", str(folder / "new"))
        new = await asyncio.to_thread(up, "new")
        await asyncio.to_thread(until_replied, new, EARLY, LATE)
        assert new.rows("SELECT count(*) FROM lead_engagement WHERE type = 'reply'") == [(2,)]
        ended = await asyncio.to_thread(new.to_the_end)
        assert ended == {EARLY: "stopped: replied", LATE: "stopped: replied", SILENT: "completed"}
        assert await asyncio.to_thread(new.sent) == {(SILENT, "two")}
        assert await asyncio.to_thread(new.up.end) == 0
