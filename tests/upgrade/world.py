"""The leads of an older release's home, each asleep at a different place, and what becomes of each in the end.

An older release creates them and this one runs them to their end, over the part of the API that both have.
"""

from dataclasses import dataclass

from tests.integration.up.house import House

STEPS = [
    {"key": "one", "type": "email", "config": {"subject": "one", "body_text": "Hello {{first_name}}"}},
    {"key": "wait", "type": "delay", "config": {"days": 2}},
    {"key": "hark", "type": "wait_for", "config": {"event": "clicked", "timeout_days": 2, "on_event": {"goto": "two"}}},
    {"key": "opened", "type": "condition", "config": {"branches": [{"if": "opened", "then": {"goto": "two"}}]}},
    {"key": "nudge", "type": "email", "config": {"subject": "nudge", "body_text": "Did you see it?"}},
    {"key": "two", "type": "email", "delay_days": 1, "config": {"subject": "two", "body_text": "By the way"}},
    {"key": "tag", "type": "action", "delay_days": 1, "config": {"action": "tag_lead", "add": ["told"]}},
    {"key": "three", "type": "email", "config": {"subject": "three", "body_text": "Goodbye"}},
]
LACKING = [
    {"key": "lacking", "type": "email", "config": {"subject": "lacking", "body_text": "You are on {{custom.plan}}"}},
]
SLOTS = [
    {"key": "slot", "type": "email", "config": {"subject": "slot", "body_text": "One a day"}},
]
SILENT = ("one", "nudge", "two", "three")
STRAIGHT = ("one", "two", "three")


@dataclass(frozen=True)
class Lead:
    """`sent`: the subjects of all emails to the lead, in order."""

    sent: tuple[str, ...]
    ended: str = "completed"
    tagged: bool = True


LEADS = {
    "delayed": Lead(SILENT),
    "opened": Lead(STRAIGHT),
    "listening": Lead(SILENT),
    "clicks-later": Lead(STRAIGHT),
    "before-email": Lead(SILENT),
    "before-action": Lead(SILENT),
    "paused": Lead(SILENT),
    "paused-listening": Lead(SILENT),
    "replied": Lead(("one",), "stopped: replied", tagged=False),
    "replies-later": Lead(("one",), "stopped: replied", tagged=False),
    "done": Lead(SILENT),
    "failed": Lead((), "stopped: manual", tagged=False),
    "slot-1": Lead(("slot",), tagged=False),
    "slot-2": Lead(("slot",), tagged=False),
    "slot-3": Lead(("slot",), tagged=False),
}


def address(name: str) -> str:
    return f"{name}@acme.example"


def bring_to_rest(house: House) -> None:
    """Brings each lead of a new home to its place."""
    slots = [name for name in LEADS if name.startswith("slot")]
    walking = [name for name in LEADS if name not in ("failed", *slots)]
    house.import_leads([address(name) for name in LEADS])
    house.enroll(house.sequence("Upgrade", STEPS), [address(name) for name in walking])
    house.until_sent((address(name), "one") for name in walking)
    house.event(address("opened"), type="open")
    house.event(address("replied"), type="reply")
    house.steer("pause", [address("paused")])
    for name, by in (
        ("listening", "P2DT1H"),
        ("clicks-later", "P2DT1H"),
        ("paused-listening", "P2DT1H"),
        ("before-email", "P4DT1H"),
        ("before-action", "P5DT1H"),
        ("done", "P8D"),
    ):
        house.forward(by, [address(name)])
    house.steer("pause", [address("paused-listening")])
    house.enroll(house.sequence("Lacking", LACKING), [address("failed")])
    one_a_day = house.call("POST", "/mailboxes", json={"email": "slow@cadenza.example", "daily_cap": 1})
    house.enroll(house.sequence("Slots", SLOTS, mailbox_ids=[one_a_day["id"]]), [address(name) for name in slots])
    house.until_statuses(AT_REST)


AT_REST = sorted(
    [
        *[("active", "wait")] * 3, *[("active", "hark")] * 2, ("active", "two"), ("active", "tag"),
        ("paused", "wait"), ("paused", "hark"), ("stopped", ""), ("completed", ""), ("failed", "lacking"),
        ("completed", ""), ("active", "slot"), ("active", "slot"),
    ]
)  # fmt: skip
"""Returns status and step of every lead."""


def wake(house: House) -> None:
    """What users and leads do under the newer release, before the rest of the time passes."""
    house.event(address("clicks-later"), type="click")
    house.event(address("replies-later"), type="reply")
    house.steer("resume", [address("paused"), address("paused-listening")])
    house.steer("stop", [address("failed")])
