"""A preview shows what would be sent, when, and why, and changes nothing."""

from typing import Any
from uuid import uuid4

from tests.integration.api.client import DELAY, EMAIL, Tenant

START = "2026-11-30T08:00:00Z"
FOLLOW_UP = {
    "key": "follow-up",
    "type": "email",
    "config": {"body_text": "Hi {{ first_name }}, about {{ custom.topic }}?", "reply_in_thread": True},
}
OPENED = {
    "key": "interest",
    "type": "condition",
    "config": {"branches": [{"if": "opened", "then": {"goto": "follow-up"}}], "else": {"stop": True, "reason": "cold"}},
}
STEPS = [EMAIL, DELAY, OPENED, FOLLOW_UP]


async def preview(tenant: Tenant, sequence_id: str, lead_id: str, **more: Any) -> Any:
    body = {"lead_id": lead_id, "start_at": START, **more}
    return await tenant.call("POST", f"/sequences/{sequence_id}/preview", json=body)


def codes(answer: Any) -> list[tuple[str, str | None]]:
    return [(warning["code"], warning["step"]) for warning in answer["warnings"]]


async def mailbox(tenant: Tenant) -> None:
    await tenant.call("POST", "/mailboxes", 201, json={"email": f"{uuid4().hex}@cadenza.example", "name": "Sam"})


async def test_a_preview_shows_every_message_and_due_time(tenant: Tenant) -> None:
    await mailbox(tenant)
    sequence_id = await tenant.sequence(STEPS)
    lead_id = await tenant.lead(timezone="Asia/Tokyo", custom={"topic": "tea"})
    answer = await preview(tenant, sequence_id, lead_id, assume=[{"event": "opened", "step": "intro", "after": "PT2H"}])
    assert answer["warnings"] == []
    assert answer["timezone"] == "Asia/Tokyo"
    kinds = [(moment["kind"], moment["at"][:10]) for moment in answer["moments"]]
    assert kinds == [
        ("email", "2026-11-30"),
        ("wait", "2026-11-30"),
        ("event", "2026-11-30"),
        ("branch", "2026-12-03"),
        ("email", "2026-12-03"),
        ("end", "2026-12-03"),
    ]
    intro, wait, _, branch, follow_up, end = answer["moments"]
    assert intro["message"]["subject"] == "Hello"
    assert intro["message"]["from"].endswith("@cadenza.example")
    assert (wait["until"], wait["until_local"]) == ("2026-12-03T08:00:00Z", "Thu 03 Dec 2026 17:00 Asia/Tokyo")
    assert branch["took"] == {"branch": "branches[0]", "outcome": {"goto": "follow-up"}}
    assert branch["alternatives"] == [{"branch": "else", "outcome": {"stop": True, "reason": "cold"}}]
    assert follow_up["message"]["subject"] == "Re: Hello"
    footer = "1 Main Street, Springfield\nUnsubscribe: https://unsubscribe.invalid/preview"
    assert follow_up["message"]["text"] == f"Hi Ada, about tea?\n\n{footer}\n"
    assert (end["status"], end["reason"]) == ("completed", None)
    by_default = await preview(tenant, sequence_id, lead_id)
    assert (by_default["moments"][-1]["status"], by_default["moments"][-1]["reason"]) == ("stopped", "cold")


async def test_an_email_is_shown_at_the_time_when_it_may_be_sent(tenant: Tenant) -> None:
    """The lead is in New York (UTC-5 in December). Christmas is a Friday."""
    await mailbox(tenant)
    settings = {"send_window": {"start": "10:00", "holidays": ["US"]}}
    body = {"name": "Christmas", "settings": settings, "steps": [EMAIL, DELAY, {**EMAIL, "key": "again"}]}
    sequence_id = (await tenant.call("POST", "/sequences", 201, json=body))["id"]
    lead_id = await tenant.lead(timezone="America/New_York")
    answer = await preview(tenant, sequence_id, lead_id, start_at="2026-12-22T03:00:00Z")
    assert [(one["kind"], one["at"], one["kept_back"]) for one in answer["moments"]] == [
        ("wait", "2026-12-22T03:00:00Z", "window"),
        ("email", "2026-12-22T15:00:00Z", "window"),
        ("wait", "2026-12-22T15:00:00Z", None),
        ("wait", "2026-12-25T15:00:00Z", "holiday"),
        ("email", "2026-12-28T15:00:00Z", "holiday"),
        ("end", "2026-12-28T15:00:00Z", None),
    ]
    first, second = answer["moments"][1], answer["moments"][4]
    assert (first["due_at"], first["local"]) == ("2026-12-22T03:00:00Z", "Tue 22 Dec 2026 10:00 America/New_York")
    assert second["due_at"] == "2026-12-25T15:00:00Z"
    # A reply counts also while the email waits for its window.
    replied = await preview(
        tenant, sequence_id, lead_id, start_at="2026-12-22T03:00:00Z",
        assume=[{"event": "replied", "step": "intro", "after": "P4D"}],
    )  # fmt: skip
    assert [one["kind"] for one in replied["moments"]][-2:] == ["event", "end"]
    assert sum(one["kind"] == "email" for one in replied["moments"]) == 1


async def test_working_hours_of_the_mailbox_are_respected(tenant: Tenant) -> None:
    hours = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "12:00"}
    address = f"{uuid4().hex}@cadenza.example"
    await tenant.call(
        "POST", "/mailboxes", 201, json={"email": address, "timezone": "Europe/Berlin", "working_hours": hours}
    )
    body = {"name": "Both", "settings": {"send_window": {"start": "09:00"}}, "steps": [EMAIL]}
    sequence_id = (await tenant.call("POST", "/sequences", 201, json=body))["id"]
    london, tokyo = await tenant.lead(timezone="Europe/London"), await tenant.lead(timezone="Asia/Tokyo")
    answer = await preview(tenant, sequence_id, london, start_at="2026-11-30T12:00:00Z")
    email = next(one for one in answer["moments"] if one["kind"] == "email")
    assert (email["at"], email["kept_back"]) == ("2026-12-01T09:00:00Z", "working_hours")
    # 17:00 in Tokyo is 09:00 in Berlin, so both are open for one hour.
    answer = await preview(tenant, sequence_id, tokyo, start_at="2026-11-30T12:00:00Z")
    email = next(one for one in answer["moments"] if one["kind"] == "email")
    assert (email["at"], email["kept_back"]) == ("2026-12-01T07:00:00Z", "window")
    lead_id = await tenant.lead(timezone="America/Los_Angeles")
    answer = await preview(tenant, sequence_id, lead_id, start_at="2026-11-30T12:00:00Z")
    assert codes(answer) == [("window_never_opens", "intro")]
    assert answer["moments"][0]["kind"] == "email"


async def test_the_sender_is_the_mailbox_that_the_lead_will_get(tenant: Tenant) -> None:
    for _ in range(4):
        await mailbox(tenant)
    addresses = {one["id"]: one["email"] for one in (await tenant.call("GET", "/mailboxes"))["items"]}
    sequence_id = await tenant.sequence([EMAIL], active=True)
    leads = [await tenant.lead() for _ in range(8)]
    shown = {lead: (await preview(tenant, sequence_id, lead))["moments"][0]["message"]["from"] for lead in leads}
    await tenant.enroll(sequence_id, *leads)
    rows = await tenant.query("SELECT lead_id, mailbox_id FROM lead_sequence_state")
    assert {str(row.lead_id): addresses[str(row.mailbox_id)] for row in rows} == shown
    assert len(set(shown.values())) > 1


async def test_a_preview_warns_of_problems(tenant: Tenant) -> None:
    stops = {"branches": [{"if": "opened", "then": {"stop": True}}], "else": {"stop": True}}
    steps = [EMAIL, FOLLOW_UP, {**OPENED, "key": "end", "config": stops}, {**DELAY, "key": "never"}]
    sequence_id = await tenant.sequence(steps)
    lead_id = await tenant.lead(timezone="")
    assumed = [{"event": "clicked", "step": "never"}]
    answer = await preview(tenant, sequence_id, lead_id, assume=assumed)
    assert codes(answer) == [
        ("unreachable_step", "never"),
        ("merge_field_missing", "follow-up"),
        ("assumption_unused", "never"),
        ("unknown_timezone", None),
        ("no_mailbox", "intro"),
        ("no_mailbox", "follow-up"),
    ]
    follow_up = next(one for one in answer["moments"] if one["kind"] == "email" and one["step"]["key"] == "follow-up")
    assert follow_up["message"]["text"] is None
    await tenant.call("POST", "/suppressions", 201, json={"kind": "domain", "value": "acme.example"})
    await tenant.call("PATCH", f"/leads/{lead_id}", json={"status": "unsubscribed"})
    assert {("suppressed", None), ("unsubscribed", None)} <= set(codes(await preview(tenant, sequence_id, lead_id)))


async def test_a_preview_of_an_invalid_draft_says_why_it_cannot_run(tenant: Tenant) -> None:
    lead_id = await tenant.lead()
    assert codes(await preview(tenant, await tenant.sequence([]), lead_id))[0] == ("no_steps", None)
    nowhere = {"branches": [{"if": "always", "then": {"goto": "nowhere"}}]}
    answer = await preview(tenant, await tenant.sequence([EMAIL, {**OPENED, "config": nowhere}]), lead_id)
    assert answer["warnings"][0]["field"] == "steps[1].config.branches[0].then.goto"
    assert answer["moments"][0]["kind"] == "email"
    round_and_round = {"branches": [{"if": "always", "then": {"goto": "interest"}}]}
    answer = await preview(tenant, await tenant.sequence([{**OPENED, "config": round_and_round}]), lead_id)
    assert codes(answer)[0] == ("cycle_without_delay", None)
    assert answer["moments"] == []


async def test_a_preview_changes_nothing(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence(STEPS, active=True), await tenant.lead()
    before = await tenant.call("GET", f"/sequences/{sequence_id}")
    await preview(tenant, sequence_id, lead_id)
    assert await tenant.call("GET", f"/sequences/{sequence_id}") == before
    for table in ("lead_sequence_state", "messages", "outbox", "sequence_execution_log"):
        assert await tenant.query(f"SELECT 1 FROM {table}") == []


async def test_only_own_sequences_and_leads_are_previewed(tenant: Tenant, stranger: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence(), await tenant.lead()
    theirs, their_lead = await stranger.sequence(), await stranger.lead()
    for path, lead in ((theirs, lead_id), (sequence_id, their_lead), (uuid4(), lead_id)):
        body = {"lead_id": str(lead)}
        await tenant.refused("POST", f"/sequences/{path}/preview", 404, "not_found", json=body)


async def test_bad_assumptions_are_refused(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence(), await tenant.lead()
    path = f"/sequences/{sequence_id}/preview"
    for more, field in [
        ({"start_at": "2026-11-30T08:00:00"}, "start_at"),
        ({"start_at": "9999-11-30T08:00:00Z"}, "start_at"),
        ({"assume": [{"event": ""}]}, "assume[0].event"),
        ({"assume": [{"event": "opened", "after": "-PT1H"}]}, "assume[0].after"),
        ({"assume": [{"event": "opened", "after": "P99999999D"}]}, "assume[0].after"),
    ]:
        body = {"lead_id": lead_id, **more}
        assert await tenant.refused("POST", path, 422, "validation_failed", json=body) == [field]


async def preview_message(tenant: Tenant, sequence_id: str, lead_id: str, **message: Any) -> Any:
    body = {"lead_id": lead_id, **message}
    return await tenant.call("POST", f"/sequences/{sequence_id}/preview-message", json=body)


async def test_an_edited_message_is_rendered_as_it_would_be_sent(tenant: Tenant) -> None:
    await mailbox(tenant)
    sequence_id, lead_id = await tenant.sequence([]), await tenant.lead(custom={"topic": "<tea>"})
    written = await preview_message(
        tenant, sequence_id, lead_id,
        subject="About {{ custom.topic }}", body_text="Hi {{ first_name }}", body_html="<p>{{ custom.topic }}</p>",
    )  # fmt: skip
    assert (written["subject"], written["errors"]) == ("About <tea>", [])
    assert written["text"].startswith("Hi Ada\n\n1 Main Street, Springfield\nUnsubscribe: ")
    assert written["html"].startswith("<p>&lt;tea&gt;</p>")
    assert written["from"].endswith("@cadenza.example")
    in_thread = await preview_message(
        tenant, sequence_id, lead_id, body_text="And?", earlier_subject="For {{ first_name }}"
    )
    assert in_thread["subject"] == "Re: For Ada"


async def test_errors_of_a_message_name_its_fields(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence([]), await tenant.lead()
    for message, errors in [
        ({"subject": "{{ first_nam }}"}, [("subject", "unknown_field")]),
        (
            {"body_text": "{{ email | shout }}", "body_html": "<p>{% if %}"},
            [("body_text", "unknown_filter"), ("body_html", "template_syntax")],
        ),
        (
            {"subject": "{{ custom.a }}", "body_text": "fine", "body_html": "{{ custom.b }}"},
            [("subject", "merge_field_missing"), ("body_html", "merge_field_missing")],
        ),
    ]:
        answer = await preview_message(tenant, sequence_id, lead_id, **message)
        assert [(one["field"], one["code"]) for one in answer["errors"]] == errors
        assert (answer["subject"], answer["text"], answer["html"]) == (None, None, None)
    # An error in the thread's subject belongs to the step that starts the thread.
    answer = await preview_message(tenant, sequence_id, lead_id, body_text="And?", earlier_subject="{{ custom.a }}")
    assert answer["subject"] == "Re: {{ custom.a }}"


async def test_only_messages_for_own_leads_are_previewed(tenant: Tenant, stranger: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence([]), await tenant.lead()
    theirs, their_lead = await stranger.sequence([]), await stranger.lead()
    for path, lead in ((theirs, lead_id), (sequence_id, their_lead), (uuid4(), lead_id)):
        body = {"lead_id": str(lead)}
        await tenant.refused("POST", f"/sequences/{path}/preview-message", 404, "not_found", json=body)
    too_long = {"lead_id": lead_id, "subject": "x" * 999}
    path = f"/sequences/{sequence_id}/preview-message"
    assert await tenant.refused("POST", path, 422, "validation_failed", json=too_long) == ["subject"]
