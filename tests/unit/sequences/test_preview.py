"""A preview takes the same steps as the engine, from only the plan, a start and assumptions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.sequences.preview import (
    MAX_VISITS,
    Assumption,
    Branched,
    Cut,
    Does,
    Ends,
    Happens,
    Moment,
    Rehearsal,
    Waits,
)
from domain.sequences.sequence import Plan, SequenceSettings, Step, read_config
from domain.sequences.yaml_text import load

START = datetime(2026, 11, 30, 8, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "examples"
COLD_OUTREACH = load((EXAMPLES / "cold-outreach.yaml").read_text("utf-8"))["steps"]
EMAIL = {"subject": "x", "body_text": "y"}


def plan(steps: list[dict[str, Any]]) -> Plan:
    made: list[Step] = []
    for number, step in enumerate(steps, start=1):
        config, errors = read_config(step["type"], step["config"])
        assert config is not None, errors
        made.append(Step(id=UUID(int=number), key=step["key"], type=step["type"], config=config))
    return Plan(name="x", settings=SequenceSettings(timezone="Europe/Berlin"), steps=tuple(made))


def rehearse(steps: list[dict[str, Any]], *assumed: Assumption, **lead: Any) -> list[Moment]:
    whole = plan(steps)
    emails = frozenset(str(step.id) for step in whole.steps if step.type == "email")
    return Rehearsal(whole, {"timezone": "America/New_York", **lead}, emails, assumed).run(START)


def as_lines(moments: list[Moment]) -> list[str]:
    """Returns lines such as `day 3: follow-up`, and how the preview ends."""
    lines: list[str] = []
    for moment in moments:
        day = f"day {(moment.at - START).days}"
        match moment:
            case Happens():
                lines.append(f"{day}: {moment.step.key}")
            case Branched():
                lines.append(f"{day}: {moment.decision.step.key} {moment.decision.branch}")
            case Does():
                lines.append(f"{day}: lead {moment.assumption.event}")
            case Ends():
                lines.append(f"{day}: {moment.end.status} {moment.end.reason or ''}".rstrip())
            case Cut():
                lines.append(f"{day}: cut at {moment.step.key}")
            case Waits():
                pass
    return lines


def after(event: str, step: str | None = None, **wait: float) -> Assumption:
    return Assumption(event, step, timedelta(**(wait or {"hours": 1})))


def test_a_lead_that_does_nothing_is_sent_three_emails() -> None:
    assert as_lines(rehearse(COLD_OUTREACH)) == [
        "day 0: intro",
        "day 3: replied-1 else",
        "day 3: follow-up",
        "day 7: interest else",
        "day 7: breakup",
        "day 7: mark-unresponsive",
        "day 7: completed",
    ]


def test_an_open_leads_to_the_other_branch() -> None:
    moments = as_lines(rehearse(COLD_OUTREACH, after("opened", "follow-up")))
    assert moments[-5:] == [
        "day 3: lead opened",
        "day 7: interest branches[0]",
        "day 7: interested",
        "day 7: stop-interested branches[0]",
        "day 7: stopped interested_follow_up_sent",
    ]


def test_a_reply_ends_the_preview_at_once() -> None:
    assert as_lines(rehearse(COLD_OUTREACH, after("replied", "intro", days=2))) == [
        "day 0: intro",
        "day 2: lead replied",
        "day 2: stopped replied",
    ]
    for event, reason in (("bounced", "bounced"), ("unsubscribed", "unsubscribed"), ("complained", "complained")):
        assert as_lines(rehearse(COLD_OUTREACH, after(event)))[-1] == f"day 0: stopped {reason}"


WAIT_FOR = [
    {"key": "intro", "type": "email", "config": EMAIL},
    {
        "key": "answer",
        "type": "wait_for",
        "config": {"event": "replied", "timeout_days": 5, "on_event": {"goto": "yes"}, "on_timeout": {"stop": True}},
    },
    {"key": "yes", "type": "action", "config": {"action": "mark_qualified"}},
]


def test_an_assumed_event_ends_a_wait_at_once() -> None:
    assert as_lines(rehearse(WAIT_FOR, after("replied", days=2)))[1:] == [
        "day 2: lead replied",
        "day 2: answer on_event",
        "day 2: yes",
        "day 2: completed",
    ]
    assert as_lines(rehearse(WAIT_FOR))[1:] == ["day 5: answer on_timeout", "day 5: stopped stopped_by_sequence"]
    registered = [WAIT_FOR[0], {**WAIT_FOR[1], "config": {**WAIT_FOR[1]["config"], "event": "registered"}}, WAIT_FOR[2]]
    assert as_lines(rehearse(registered, after("registered", "intro", days=1)))[2] == "day 1: answer on_event"


def test_an_event_before_the_wait_ends_it() -> None:
    steps = [WAIT_FOR[0], {"key": "wait", "type": "delay", "config": {"days": 2}}, *WAIT_FOR[1:]]
    steps[2] = {**steps[2], "config": {**steps[2]["config"], "event": "opened"}}
    assert as_lines(rehearse(steps, after("opened"))) == [
        "day 0: intro",
        "day 0: lead opened",
        "day 2: answer on_event",
        "day 2: yes",
        "day 2: completed",
    ]


def test_a_loop_is_cut() -> None:
    again = {"branches": [{"if": "always", "then": {"goto": "intro"}}]}
    steps = [
        {"key": "intro", "type": "email", "config": EMAIL},
        {"key": "wait", "type": "delay", "config": {"days": 1}},
        {"key": "again", "type": "condition", "config": again},
    ]
    moments = rehearse(steps)
    assert sum(isinstance(moment, Happens) for moment in moments) == MAX_VISITS
    assert as_lines(moments)[-1].endswith("cut at intro")


def test_a_wait_without_end_is_cut() -> None:
    steps = [{"key": f"wait-{n}", "type": "delay", "config": {"days": 3650}} for n in range(30)]
    assert as_lines(rehearse(steps))[-1].startswith("day 3")
    assert isinstance(rehearse(steps)[-1], Cut)


def test_times_of_day_are_in_the_leads_zone() -> None:
    steps = [
        {"key": "wait", "type": "delay", "config": {"days": 1, "send_time": "09:30"}},
        {"key": "intro", "type": "email", "config": EMAIL},
    ]
    sent = next(moment for moment in rehearse(steps) if isinstance(moment, Happens))
    assert sent.at == datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
    sent = next(moment for moment in rehearse(steps, timezone="") if isinstance(moment, Happens))
    assert sent.at == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)  # The sequence's time zone.


def test_conditions_read_the_leads_fields() -> None:
    branch = {"if": {"field": "custom.plan", "op": "eq", "value": "pro"}, "then": {"stop": True, "reason": "pro"}}
    steps = [{"key": "plan", "type": "condition", "config": {"branches": [branch]}}]
    assert as_lines(rehearse(steps, custom={"plan": "pro"}))[-1] == "day 0: stopped pro"
    assert as_lines(rehearse(steps, custom={}))[-1] == "day 0: completed"
