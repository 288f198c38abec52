"""A home is backed up while its leads are mailed, is killed, and is restored: no lead is lost or mailed twice."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cadenza.maintenance import archive
from cadenza.maintenance.restore import restore
from tests.integration.cli.conftest import run_program
from tests.integration.up.house import House
from tests.integration.up.up_run import UpRun

STEPS: list[dict[str, Any]] = [
    {"key": "one", "type": "email", "config": {"subject": "one", "body_text": "Hello {{first_name}}"}},
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "two", "type": "email", "config": {"subject": "two", "body_text": "Hello again"}},
    {"key": "three", "type": "email", "config": {"subject": "three", "body_text": "By the way"}},
    {"key": "hark", "type": "wait_for", "config": {"event": "clicked", "timeout_days": 2}},
    {"key": "four", "type": "email", "config": {"subject": "four", "body_text": "Goodbye"}},
]
EMAILS = ("one", "two", "three", "four")
ASLEEP, NEAR, PAUSED, CROWD = 12, 6, 8, 14


@dataclass
class People:
    """Addresses of leads, by their situation at the time of the backup."""

    asleep: list[str]
    near: list[str]
    paused: list[str]
    crowd: list[str]

    @property
    def all(self) -> list[str]:
        return [*self.asleep, *self.near, *self.paused, *self.crowd]


def in_flight(house: House) -> People:
    """Enrolls forty leads: asleep for days, asleep for seconds, paused, and about to be mailed."""
    addresses = [f"lead-{number:02}@acme.example" for number in range(ASLEEP + NEAR + PAUSED + CROWD)]
    house.import_leads(addresses)
    sequence, rest = house.sequence("In flight", STEPS), iter(addresses)
    people = People(*([next(rest) for _ in range(count)] for count in (ASLEEP, NEAR, PAUSED, CROWD)))

    early = [*people.asleep, *people.near, *people.paused]
    house.enroll(sequence, early)
    house.until_sent((address, "one") for address in early)
    house.steer("pause", people.paused)
    house.forward("P4D", people.paused)
    house.set_min_gap(1)
    house.forward("P2DT23H59M50S", people.near)
    house.enroll(sequence, people.crowd)
    return people


async def test_a_restored_home_loses_no_lead_and_mails_none_twice(folder: Path, runs: list[UpRun]) -> None:
    def up(home: str) -> House:
        runs.append(UpRun(folder / home, "--dev", module="cadenza"))
        return House(runs[-1])

    async def does(*arguments: str) -> str:
        ran = await run_program(*arguments, environment={})
        assert ran.status == 0, ran.err
        return ran.out

    old = up("old")
    people = in_flight(old)
    file = folder / "backup.cadenza"
    await does("backup", str(file), "--home", str(old.up.home))
    assert file.stat().st_mode & 0o777 == 0o600

    # The old home runs on after the backup: the crowd is mailed, the near ones wake up, the paused ones are resumed.
    old.steer("resume", people.paused, mode="original_schedule")
    old.until_sent([(address, "one") for address in people.crowd])
    old.until_sent([(address, key) for address in [*people.near, *people.paused] for key in ("two", "three")])
    old.up.kill_everything()
    before, emails = old.sent(), {(one.to[0], one.subject): one for one in old.mail()}

    output = await does("restore", str(file), "--home", str(folder / "new"))
    assert f"{len(people.all)} enrollments are on their way" in output
    new = up("new")
    marked = new.ledger("unknown")
    assert f"sent {len(marked)} emails" in output
    in_gap = before - new.ledger("sent") - new.ledger("sending")
    assert {(address, key) for address in people.paused for key in ("two", "three")} <= in_gap <= marked

    # Answers to mail that was sent in the gap are matched: by its unsubscribe link and by its Message-ID.
    gone, answered, *others = people.paused
    link = re.search(r"<http://[^/]+(/u/[^>]+)>", emails[gone, "two"].headers["List-Unsubscribe"])
    assert link is not None
    assert new.http.post(link[1], data={"List-Unsubscribe": "One-Click"}).is_success
    new.event(answered, type="reply", message_id=emails[answered, "three"].message_id)
    reply_steps = "SELECT t.key FROM lead_engagement e JOIN sequence_steps t ON t.id = e.step_id WHERE e.type = 'reply'"
    assert new.rows(reply_steps) == [("three",)]

    new.set_min_gap(0)
    new.steer("resume", others, mode="original_schedule")
    ended = new.to_the_end()
    expected = {address: "completed" for address in people.all}
    assert ended == expected | {gone: "stopped: unsubscribed", answered: "stopped: replied"}
    after, unknown = new.sent(), new.ledger("unknown")
    assert before & after == set()
    assert unknown & after == set()
    assert marked <= unknown <= marked | before
    went_on = [address for address in people.all if address not in (gone, answered)]
    everything = {(address, key) for address in went_on for key in EMAILS}
    assert everything <= before | after | unknown
    assert new.up.end() == 0

    # A home that does not run can be backed up as well, with the same result.
    await does("backup", str(folder / "cold.backup"), "--home", str(new.up.home))
    with archive.opened(folder / "cold.backup") as (cold, _), archive.opened(file) as (hot, _):
        assert (cold.schema_revision, cold.release) == (hot.schema_revision, hot.release)
        assert cold.taken_at > hot.taken_at

    # Without marked messages, the same home mails all of these leads again.
    await restore(file, folder / "careless", stopped_at=None, mark=False)
    careless = up("careless")
    careless.set_min_gap(0)
    careless.steer("resume", people.paused, mode="original_schedule")
    assert set(careless.to_the_end().values()) == {"completed"}
    assert before & careless.sent() == in_gap
    assert careless.up.end() == 0
