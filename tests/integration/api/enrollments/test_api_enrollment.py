"""Enrolling, steering, events and the timeline over HTTP, while Temporal is unreachable."""

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from mail.capture.store import CaptureStore
from tests.integration.api.client import DELAY, EMAIL, Tenant


@pytest.fixture
async def enrolled(tenant: Tenant) -> tuple[str, str]:
    """A lead that waits in a delay, and its sequence."""
    sequence_id, lead_id = await tenant.sequence([DELAY, EMAIL], active=True), await tenant.lead()
    await tenant.enroll(sequence_id, lead_id)
    return lead_id, sequence_id


async def commands(tenant: Tenant) -> list[str]:
    """Returns the commands in the outbox."""
    return [row.command for row in await tenant.query("SELECT command FROM outbox ORDER BY id")]


async def test_each_lead_is_enrolled_or_skipped_with_a_reason(tenant: Tenant) -> None:
    draft, sequence_id = await tenant.sequence(), await tenant.sequence(active=True)
    lead_id, bounced, unknown = await tenant.lead(), await tenant.lead(status="bounced"), str(uuid4())
    body = {"sequence_id": draft, "lead_ids": [lead_id]}
    await tenant.refused("POST", "/leads/enroll-in-sequence", 409, "sequence_not_active", json=body)
    dry = await tenant.enroll(sequence_id, lead_id, bounced, dry_run=True)
    assert dry["enrolled"] == [{"lead_id": lead_id, "enrollment_id": None}]
    assert await tenant.query("SELECT 1 FROM lead_sequence_state") == []
    answer = await tenant.enroll(sequence_id, lead_id, bounced, unknown)
    assert [one["lead_id"] for one in answer["enrolled"]] == [lead_id]
    assert {one["lead_id"]: one["code"] for one in answer["skipped"]} == {bounced: "bounced", unknown: "not_found"}
    again = await tenant.enroll(sequence_id, lead_id)
    assert [one["code"] for one in again["skipped"]] == ["already_enrolled"]
    assert await commands(tenant) == ["start"]


async def test_the_state_shows_step_status_and_workflow(tenant: Tenant, enrolled: tuple[str, str]) -> None:
    lead_id, sequence_id = enrolled
    answer = await tenant.call("GET", f"/leads/{lead_id}/sequence-state")
    assert answer["lead_id"] == lead_id
    (state,) = answer["enrollments"]
    workflow_id = f"enrollment/{tenant.id}/{state['id']}"
    assert state["workflow_id"] == workflow_id
    path = f"namespaces/default/workflows/{quote(workflow_id, safe='')}"
    assert state["temporal_url"] == f"http://temporal.test/{path}"
    assert (state["sequence_id"], state["sequence_name"], state["sequence_version"]) == (sequence_id, "Outreach", 1)
    assert (state["status"], state["stop_reason"], state["ended_at"]) == ("pending", None, None)
    step = state["current_step"]
    assert (step["key"], step["type"], step["position"]) == ("wait", "delay", 1)
    wait = datetime.fromisoformat(state["next_action_at"]) - datetime.fromisoformat(state["enrolled_at"])
    assert wait.days == 3
    assert await tenant.call("GET", f"/leads/{await tenant.lead()}/sequence-state") == {
        "lead_id": (await tenant.call("GET", "/leads"))["items"][0]["id"],
        "enrollments": [],
    }


async def test_a_lead_is_paused_resumed_and_stopped(tenant: Tenant, enrolled: tuple[str, str]) -> None:
    lead_id, sequence_id = enrolled
    path = f"/leads/{lead_id}"
    for _ in range(2):
        answer = await tenant.call("POST", f"{path}/pause-sequence")
        assert answer["enrollments"][0]["status"] == "paused"
    body: dict[str, Any] = {"sequence_id": sequence_id, "mode": "original_schedule"}
    for _ in range(2):
        answer = await tenant.call("POST", f"{path}/resume-sequence", json=body)
        assert answer["enrollments"][0]["status"] == "active"
    for _ in range(2):
        answer = await tenant.call("POST", f"{path}/stop-sequence", json={"reason": "met at the fair"})
        assert answer["enrollments"][0]["stop_reason"] == "met at the fair"
    problem = await tenant.call("POST", f"{path}/resume-sequence", 409)
    assert (problem["code"], problem["state"]) == ("invalid_transition", "stopped")
    assert await commands(tenant) == ["start", "pause", "resume", "stop"]
    for verb in ("pause", "resume", "stop"):
        await tenant.refused("POST", f"{path}/{verb}-sequence", 404, "not_found", json={"sequence_id": str(uuid4())})
        await tenant.refused("POST", f"/leads/{uuid4()}/{verb}-sequence", 404, "not_found")
    bad = {"mode": "whenever"}
    assert await tenant.refused("POST", f"{path}/resume-sequence", 422, "validation_failed", json=bad) == ["mode"]


async def test_a_reply_ends_the_enrollment_once(tenant: Tenant, enrolled: tuple[str, str]) -> None:
    lead_id, _ = enrolled
    body = {"type": "reply", "event_id": "reply-1"}
    enrollment_id = (await tenant.state(lead_id))["id"]
    first = await tenant.call("POST", f"/leads/{lead_id}/events", json=body)
    nobody_else = {"held": [], "company_stopped": [], "company_paused": []}
    assert first == {"recorded": True, "stopped": [enrollment_id], **nobody_else}
    again = await tenant.call("POST", f"/leads/{lead_id}/events", json=body)
    assert again == {"recorded": False, "stopped": [], **nobody_else}
    state = await tenant.state(lead_id)
    assert (state["status"], state["stop_reason"], state["emails_replied"]) == ("stopped", "replied", 1)
    assert (await tenant.call("GET", f"/leads/{lead_id}"))["status"] == "qualified"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"type": "liked"}, "type"),
        ({}, "type"),
        ({"type": "custom"}, "name"),
        ({"type": "reply", "machine": True}, "machine"),
        ({"type": "open", "occurred_at": "yesterday"}, "occurred_at"),
        ({"type": "auto_reply", "returns_on": "2026-13-01"}, "returns_on"),
    ],
)
async def test_a_bad_event_is_refused_by_its_field(tenant: Tenant, event: dict[str, Any], field: str) -> None:
    path = f"/leads/{await tenant.lead()}/events"
    assert await tenant.refused("POST", path, 422, "validation_failed", json=event) == [field]


async def test_the_timeline_lists_everything_in_order(tenant: Tenant, enrolled: tuple[str, str]) -> None:
    lead_id, _ = enrolled
    enrollment_id = (await tenant.state(lead_id))["id"]
    for event in (
        {"type": "open", "machine": True},
        {"type": "custom", "name": "webinar"},
        {"type": "auto_reply", "returns_on": "2027-01-04"},
        {"type": "reply"},
    ):
        await tenant.call("POST", f"/leads/{lead_id}/events", json=event)
    whole = (await tenant.call("GET", f"/leads/{lead_id}/timeline"))["items"]
    entries = [(one["kind"], one["event"]) for one in whole]
    assert entries[0] == ("log", "enrolled")
    assert [event for kind, event in entries if kind == "engagement"] == ["open", "webinar", "auto_reply", "reply"]
    assert [event for kind, event in entries if kind == "log"][-1] == "stopped"
    assert [one["at"] for one in whole] == sorted(one["at"] for one in whole)
    # An event that belongs to no email belongs to the lead only.
    assert {one["enrollment_id"] for one in whole if one["event"] != "webinar"} == {enrollment_id}
    opened = next(one for one in whole if one["event"] == "open")
    assert opened["detail"] == {"machine": True}
    held = next(one for one in whole if one["event"] == "held")
    assert held["step_key"] == "wait"
    assert await tenant.all_pages(f"/leads/{lead_id}/timeline", 2) == whole
    assert await tenant.all_pages(f"/leads/{lead_id}/timeline", 2, order="newest_first") == whole[::-1]
    bad = {"order": "sideways"}
    assert await tenant.refused("GET", f"/leads/{lead_id}/timeline", 422, "validation_failed", params=bad) == ["order"]


async def test_the_outbox_is_kept_while_temporal_is_unreachable(tenant: Tenant, enrolled: tuple[str, str]) -> None:
    ready = await tenant.call("GET", "/readyz", 503)
    assert (ready["code"], ready["missing"]) == ("unavailable", ["temporal"])
    counts = await tenant.call("POST", "/sequences/process-queue")
    assert counts.keys() == {"dispatched", "repaired", "failed", "overdue"}
    assert counts["dispatched"] == 0
    assert await commands(tenant) == ["start"]
    problem = await tenant.call("POST", "/dev/fast-forward", 503, json={"by": "P3D"})
    assert problem["code"] == "unavailable"
    for by in ("3 days", "P-3D", "PT0S", 3, "P9999999D"):
        await tenant.refused("POST", "/dev/fast-forward", 422, "validation_failed", json={"by": by})


async def captured(tenant: Tenant, store: CaptureStore, lead_id: str, to: str) -> str:
    """A message of the lead's enrollment, as it was sent and captured."""
    mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": f"{uuid4().hex}@cadenza.example"})
    message_id = await tenant.record_sent(lead_id, mailbox_id=mailbox["id"])
    head = {
        "From": mailbox["email"],
        "To": to,
        "Subject": "Hi",
        "Message-ID": message_id,
        "Date": format_datetime(datetime.now(UTC)),
    }
    raw = "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\nHello\r\n"
    return store.save(mailbox["email"], [to], raw.encode())


async def test_captured_mail_is_visible_to_its_tenant_and_can_be_answered(
    tenant: Tenant, stranger: Tenant, capture_dir: Path
) -> None:
    store, sequence_id = CaptureStore(capture_dir), await tenant.sequence([DELAY, EMAIL], active=True)
    lead_ids: dict[str, str] = {}
    ids: list[str] = []
    for name in ("ada", "bob", "eve", "max", "zoe"):
        lead_ids[name] = await tenant.lead(email=f"{name}@acme.example")
        await tenant.enroll(sequence_id, lead_ids[name])
        ids.append(await captured(tenant, store, lead_ids[name], f"{name}@acme.example"))
    first = await tenant.call("GET", "/dev/outbox", params={"limit": 3})
    rest = await tenant.call("GET", "/dev/outbox", params={"limit": 3, "cursor": first["next_cursor"]})
    items = first["items"] + rest["items"]
    assert [item["id"] for item in items] == ids[::-1]
    assert rest["next_cursor"] is None
    assert items[0].keys() == {
        *("id", "message_id", "from", "to", "subject", "headers", "text", "html", "raw", "received_at")
    }
    only = await tenant.call("GET", "/dev/outbox", params={"to": "Ada@acme.example"})
    assert [item["id"] for item in only["items"]] == ids[:1]
    assert (await stranger.call("GET", "/dev/outbox"))["items"] == []
    await stranger.refused("POST", f"/dev/outbox/{ids[0]}/bounce", 404, "not_found")

    reply = await tenant.call("POST", f"/dev/outbox/{ids[0]}/reply", json={"text": "Call me"})
    assert (reply["classification"], reply["enrollment_id"]) == ("reply", (await tenant.state(lead_ids["ada"]))["id"])
    assert (await tenant.state(lead_ids["ada"]))["stop_reason"] == "replied"
    body = {"text": "I am away.", "auto_reply": {"returns_on": "2027-01-04"}}
    away = await tenant.call("POST", f"/dev/outbox/{ids[1]}/reply", json=body)
    assert away["classification"] == "auto_reply"
    assert (await tenant.state(lead_ids["bob"]))["next_action_at"].startswith("2027-01-04")
    soft = await tenant.call("POST", f"/dev/outbox/{ids[2]}/bounce", params={"hard": "false"})
    assert (soft["classification"], soft["recipient"]) == ("soft_bounce", "eve@acme.example")
    assert (await tenant.state(lead_ids["eve"]))["stop_reason"] is None
    bounce = await tenant.call("POST", f"/dev/outbox/{ids[2]}/bounce")
    assert (bounce["classification"], bounce["recipient"]) == ("hard_bounce", "eve@acme.example")
    assert (await tenant.state(lead_ids["eve"]))["stop_reason"] == "bounced"
    complaint = await tenant.call("POST", f"/dev/outbox/{ids[3]}/complaint")
    assert (complaint["classification"], complaint["rule"]) == ("complaint", "feedback_report")
    assert (await tenant.state(lead_ids["max"]))["stop_reason"] == "complained"
    unsubscribe = await tenant.call("POST", f"/dev/outbox/{ids[4]}/unsubscribe")
    assert (unsubscribe["classification"], unsubscribe["matched_by"]) == ("unsubscribe", "sender")
    assert (await tenant.state(lead_ids["zoe"]))["stop_reason"] == "unsubscribed"
