"""`wait_for`: a lead continues at the moment of the event that it waits for, or at the timeout."""

from typing import Any
from uuid import UUID

from services.inbound.receiving import ClickEvent, CustomEvent, OpenEvent, ReplyEvent
from tests.stage import Stage

INTRO = {"key": "intro", "type": "email", "config": {"subject": "Intro", "body_text": "Hello"}}
ON_EVENT = {"key": "glad", "type": "email", "config": {"subject": "Glad", "body_text": "Hello"}}
ON_TIMEOUT = {"key": "pity", "type": "email", "config": {"subject": "Pity", "body_text": "Hello"}}


def waiting(event: str, **outcomes: Any) -> dict[str, Any]:
    config = {"event": event, "timeout_days": 5, "on_timeout": {"goto": "pity"}, **outcomes}
    return {"key": "listen", "type": "wait_for", "config": config}


async def listening(stage: Stage, event: str, **outcomes: Any) -> tuple[UUID, UUID]:
    """Returns a lead that has been sent the intro and waits for an event."""
    sequence = await stage.sequence([INTRO, waiting(event, **outcomes), ON_EVENT, ON_TIMEOUT])
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)

    async def waits() -> bool:
        return (await stage.state(enrollment)).waiting_for is not None

    await stage.until(waits, "the lead waits for the event")
    return lead, enrollment


async def test_the_event_ends_the_wait_at_once(stage: Stage) -> None:
    lead, enrollment = await listening(stage, "opened")
    await stage.tell(lead, OpenEvent(type="open", machine=True))
    assert (await stage.state(enrollment)).waiting_for == "open"
    # No clock is moved: the event alone ends the wait.
    await stage.tell(lead, OpenEvent(type="open"))
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Intro", "Glad", "Pity"]


async def test_the_timeout_ends_the_wait(stage: Stage) -> None:
    lead, enrollment = await listening(stage, "clicked")
    await stage.tell(lead, OpenEvent(type="open"))
    await stage.forward(days=4)
    assert stage.sink.subjects() == ["Intro"]
    await stage.forward(days=2)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Intro", "Pity"]


async def test_a_custom_event_reaches_every_enrollment_of_the_lead(stage: Stage) -> None:
    lead, first = await listening(stage, "demo_booked", on_event={"stop": True, "reason": "demo"})
    second_sequence = await stage.sequence([INTRO, waiting("demo_booked"), ON_EVENT, ON_TIMEOUT])
    (second,) = await stage.enroll(second_sequence, lead)
    await stage.until_sent(2)
    await stage.tell(lead, CustomEvent(type="custom", name="webinar"))
    await stage.tell(lead, CustomEvent(type="custom", name="demo_booked"))
    stopped = await stage.until_status(first, "stopped")
    assert stopped.stop_reason == "demo"
    await stage.until_status(second, "completed")
    assert stage.sink.subjects() == ["Intro", "Intro", "Glad", "Pity"]


async def test_a_reply_that_a_step_waits_for_does_not_stop_the_enrollment(stage: Stage) -> None:
    lead, enrollment = await listening(stage, "replied", on_event={"stop": True, "reason": "talking"})
    await stage.tell(lead, ReplyEvent(type="reply"))
    state = await stage.until_status(enrollment, "stopped")
    assert state.stop_reason == "talking"
    assert (await stage.lead_row(lead)).status == "qualified"
    assert stage.sink.subjects() == ["Intro"]


async def test_a_reply_that_no_step_waits_for_stops_the_enrollment(stage: Stage) -> None:
    lead, enrollment = await listening(stage, "opened")
    await stage.tell(lead, ReplyEvent(type="reply"))
    assert (await stage.state(enrollment)).stop_reason == "replied"


async def test_an_event_before_the_step_counts_once(stage: Stage) -> None:
    steps = [
        INTRO,
        {"key": "wait", "type": "delay", "config": {"days": 1}},
        waiting("clicked", on_event={"goto": "again"}),
        ON_TIMEOUT,
        {**waiting("clicked", on_event={"stop": True, "reason": "twice"}), "key": "again"},
    ]
    sequence = await stage.sequence(steps)
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    await stage.tell(lead, ClickEvent(type="click"))
    await stage.forward(days=1, hours=1)
    # The click on day 0 ended the first wait. The second wait needs another click.
    assert (await stage.state(enrollment)).waiting_for == "click"
    assert stage.sink.subjects() == ["Intro"]
    await stage.tell(lead, ClickEvent(type="click"))
    state = await stage.until_status(enrollment, "stopped")
    assert state.stop_reason == "twice"


async def test_an_event_during_a_pause_counts_after_the_resume(stage: Stage) -> None:
    lead, enrollment = await listening(stage, "opened")
    await stage.pause(lead)
    await stage.tell(lead, OpenEvent(type="open"))
    assert (await stage.state(enrollment)).status == "paused"
    assert stage.sink.subjects() == ["Intro"]
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Intro", "Glad", "Pity"]


async def test_an_event_during_a_send_is_not_missed(stage: Stage) -> None:
    sequence = await stage.sequence([INTRO, waiting("opened"), ON_EVENT, ON_TIMEOUT])
    lead = await stage.lead()
    stage.sink.gate.clear()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.sink.at_gate.wait()
    # The server accepted the message, its sender does not know that yet, and the lead has opened it.
    await stage.tell(lead, OpenEvent(type="open", occurred_at=None))
    stage.sink.gate.set()
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Intro", "Glad", "Pity"]
