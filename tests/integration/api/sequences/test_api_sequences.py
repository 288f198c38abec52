"""Sequences and steps over HTTP: editing, refusals that name the field, activation, and status changes."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api.client import DELAY, EMAIL, Tenant

NOWHERE = str(uuid4())


def action(name: str, **config: Any) -> dict[str, Any]:
    return {"key": name, "type": "action", "config": {"action": name, **config}}


def condition(key: str, goto: str) -> dict[str, Any]:
    config = {"branches": [{"if": "replied", "then": {"goto": goto}}]}
    return {"key": key, "type": "condition", "config": config}


async def keys_in_order(tenant: Tenant, sequence_id: str) -> list[tuple[int, str]]:
    steps = await tenant.call("GET", f"/sequences/{sequence_id}/steps")
    return [(step["position"], step["key"]) for step in steps["items"]]


async def test_a_draft_is_created_read_changed_and_deleted(tenant: Tenant) -> None:
    body = {"name": " Outreach ", "settings": {"timezone": "Europe/Berlin"}, "steps": [EMAIL, DELAY]}
    created = await tenant.call("POST", "/sequences", 201, json=body)
    assert (created["name"], created["status"], created["steps_count"]) == ("Outreach", "draft", 2)
    assert (created["current_version"], created["enrolled_count"]) == (None, 0)
    assert created["created_at"].endswith("Z")
    path = f"/sequences/{created['id']}"
    assert await tenant.call("GET", path) == created
    changed = await tenant.call("PUT", path, json={"settings": {"auto_reply_hold_days": 7}})
    assert (changed["name"], changed["settings"]["auto_reply_hold_days"]) == ("Outreach", 7)
    assert changed["settings"]["timezone"] == "Europe/Berlin"
    await tenant.call("DELETE", path, 204)
    await tenant.refused("GET", path, 404, "not_found")


async def test_a_send_window_is_stored_replaced_and_removed(tenant: Tenant) -> None:
    window = {"days": ["mon", "sat"], "start": "22:00", "end": "06:00", "timezone": "mailbox", "holidays": ["US-CA"]}
    body = {"name": "Night", "settings": {"send_window": window}}
    created = await tenant.call("POST", "/sequences", 201, json=body)
    assert created["settings"]["send_window"] == window
    path = f"/sequences/{created['id']}"
    changed = await tenant.call("PUT", path, json={"settings": {"send_window": {"end": "12:00"}}})
    usual = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "timezone": "lead", "holidays": []}
    assert changed["settings"]["send_window"] == {**usual, "end": "12:00"}
    untouched = await tenant.call("PUT", path, json={"settings": {"track_opens": False}})
    assert untouched["settings"]["send_window"] == changed["settings"]["send_window"]
    gone = await tenant.call("PUT", path, json={"settings": {"send_window": None}})
    assert gone["settings"]["send_window"] is None


@pytest.mark.parametrize(
    ("window", "field", "code"),
    [
        ({"days": ["mon", "friday"]}, "days[1]", "invalid_day"),
        ({"days": []}, "days", "too_short"),
        ({"start": "9:00"}, "start", "invalid_time"),
        ({"end": "25:00"}, "end", "invalid_time"),
        ({"timezone": "Europe/Nowhere"}, "timezone", "unknown_timezone"),
        ({"holidays": ["DE", "Bavaria"]}, "holidays[1]", "unknown_holidays"),
        ({"holidays": ["DE-XX"]}, "holidays[0]", "unknown_holidays"),
        ({"weekdays": ["mon"]}, "weekdays", "extra_forbidden"),
    ],
)
async def test_errors_of_a_send_window_name_its_fields(
    tenant: Tenant, window: dict[str, Any], field: str, code: str
) -> None:
    body = {"name": "Wrong", "settings": {"send_window": window}}
    problem = await tenant.call("POST", "/sequences", 422, json=body)
    errors = [(error["field"], error["code"]) for error in problem["errors"]]
    assert errors[0] == (f"settings.send_window.{field}", code)


async def test_steps_are_inserted_moved_and_deleted(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL, DELAY])
    path = f"/sequences/{sequence_id}/steps"
    first = await tenant.call("POST", path, 201, json={**EMAIL, "key": "first", "position": 1})
    last = await tenant.call("POST", path, 201, json={**EMAIL, "key": "last"})
    assert (first["position"], last["position"]) == (1, 4)
    assert await keys_in_order(tenant, sequence_id) == [(1, "first"), (2, "intro"), (3, "wait"), (4, "last")]
    await tenant.call("PUT", f"{path}/{last['id']}", json={"position": 2})
    assert await keys_in_order(tenant, sequence_id) == [(1, "first"), (2, "last"), (3, "intro"), (4, "wait")]
    renamed = await tenant.call("PUT", f"{path}/wait", json={"key": "pause", "config": {"hours": 4}})
    assert (renamed["key"], renamed["config"], renamed["type"]) == ("pause", {"hours": 4}, "delay")
    await tenant.call("DELETE", f"{path}/last", 204)
    assert await keys_in_order(tenant, sequence_id) == [(1, "first"), (2, "intro"), (3, "pause")]
    assert (await tenant.call("GET", f"/sequences/{sequence_id}"))["steps_count"] == 3
    await tenant.refused("DELETE", f"{path}/last", 404, "not_found")


async def test_steps_with_positions_are_ordered_by_them(tenant: Tenant) -> None:
    steps = [{**EMAIL, "key": key, "position": place} for key, place in (("c", 3), ("a", 1), ("b", 2))]
    assert await keys_in_order(tenant, await tenant.sequence(steps)) == [(1, "a"), (2, "b"), (3, "c")]


async def test_a_step_key_is_unique(tenant: Tenant) -> None:
    body = {"name": "Twice", "steps": [EMAIL, DELAY, {**DELAY, "key": "intro"}]}
    assert await tenant.refused("POST", "/sequences", 409, "duplicate_step_key", json=body) == ["steps[2].key"]
    sequence_id = await tenant.sequence([EMAIL, DELAY])
    path = f"/sequences/{sequence_id}/steps"
    assert await tenant.refused("POST", path, 409, "duplicate_step_key", json=EMAIL) == ["key"]
    refused = await tenant.refused("PUT", f"{path}/wait", 409, "duplicate_step_key", json={"key": "intro"})
    assert refused == ["key"]
    assert len(await keys_in_order(tenant, sequence_id)) == 2


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ({"key": "e", "type": "email", "config": {"subject": "s", "body_text": "b", "cc": "x"}}, ["config.cc"]),
        ({"key": "e", "type": "email", "config": {"subject": "s"}}, ["config"]),
        ({"key": "d", "type": "delay", "config": {"days": -1}}, ["config.days"]),
        ({"key": "c", "type": "condition", "config": {"branches": []}}, ["config.branches"]),
        (
            {"key": "c", "type": "condition", "config": {"branches": [{"if": "liked", "then": {"stop": True}}]}},
            ["config.branches[0].if"],
        ),
        ({"key": "a", "type": "action", "config": {"action": "tag_lead"}}, ["config"]),
    ],
)
async def test_a_malformed_config_is_refused_by_its_field(
    tenant: Tenant, step: dict[str, Any], fields: list[str]
) -> None:
    path = f"/sequences/{await tenant.sequence()}/steps"
    assert await tenant.refused("POST", path, 422, "validation_failed", json=step) == fields
    body = {"name": "Bad", "steps": [EMAIL, step]}
    with_place = [f"steps[1].{field}" for field in fields]
    assert await tenant.refused("POST", "/sequences", 422, "validation_failed", json=body) == with_place


@pytest.mark.parametrize(
    ("steps", "field", "code"),
    [
        ([], "steps", "no_steps"),
        ([EMAIL, condition("branch", "nowhere")], "steps[1].config.branches[0].then.goto", "unknown_step"),
        ([EMAIL, condition("again", "intro")], "steps[1]", "cycle_without_delay"),
        (
            [{**EMAIL, "config": {"subject": "s", "body_text": "Hi {{ nickname }}"}}],
            "steps[0].config.body_text",
            "unknown_field",
        ),
        (
            [{**EMAIL, "config": {**EMAIL["config"], "mailbox_id": NOWHERE}}],
            "steps[0].config.mailbox_id",
            "not_found",
        ),
        (
            [DELAY, {**EMAIL, "config": {"reply_in_thread": True, "body_text": "Hi again"}}],
            "steps[1].config.subject",
            "no_subject",
        ),
        ([action("assign_to_user", user_id=NOWHERE)], "steps[0].config.user_id", "unknown_user"),
        ([EMAIL, action("notify_user", user_id=NOWHERE, message="Hi")], "steps[1].config.user_id", "unknown_user"),
        ([action("add_to_campaign", campaign_id=NOWHERE)], "steps[0].config.campaign_id", "not_found"),
    ],
)
async def test_an_invalid_sequence_is_not_activated(
    tenant: Tenant, steps: list[dict[str, Any]], field: str, code: str
) -> None:
    path = f"/sequences/{await tenant.sequence(steps)}"
    problem = await tenant.call("PUT", path, 422, json={"status": "active"})
    assert problem["code"] == "sequence_invalid"
    assert (field, code) in [(error["field"], error["code"]) for error in problem["errors"]]
    assert (await tenant.call("GET", path))["status"] == "draft"


async def test_a_cycle_with_a_delay_in_it_may_run(tenant: Tenant) -> None:
    await tenant.sequence([EMAIL, DELAY, condition("again", "intro")], active=True)


async def test_activation_creates_an_immutable_version(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL, DELAY], active=True)
    path = f"/sequences/{sequence_id}"
    assert (await tenant.call("GET", path))["current_version"] == 1
    (row,) = await tenant.query("SELECT plan FROM sequence_versions WHERE sequence_id = :id", id=sequence_id)
    assert [step["key"] for step in row.plan["steps"]] == ["intro", "wait"]
    await tenant.refused("DELETE", path, 409, "sequence_not_draft")
    # Edits continue in the draft and do not reach any lead.
    await tenant.call("POST", path + "/steps", 201, json={**EMAIL, "key": "new"})
    await tenant.call("PUT", path + "/steps/intro", json={"name": "New"})
    await tenant.call("DELETE", path + "/steps/wait", 204)
    edited = await tenant.call("PUT", path, json={"name": "Renamed", "settings": {"timezone": "Asia/Tokyo"}})
    assert (edited["name"], edited["current_version"], edited["unpublished"]) == ("Renamed", 1, True)
    assert edited["steps_count"] == 2
    (same,) = await tenant.query("SELECT plan FROM sequence_versions WHERE sequence_id = :id", id=sequence_id)
    assert same.plan == row.plan


async def test_an_archived_sequence_is_not_edited(tenant: Tenant) -> None:
    path = f"/sequences/{await tenant.sequence(active=True)}"
    await tenant.call("PUT", path, json={"status": "archived"})
    await tenant.refused("POST", path + "/steps", 409, "sequence_archived", json={**EMAIL, "key": "new"})
    await tenant.refused("PUT", path, 409, "sequence_archived", json={"name": "New"})


async def test_statuses_never_go_back(tenant: Tenant) -> None:
    path = f"/sequences/{await tenant.sequence()}"
    problem = await tenant.call("PUT", path, 409, json={"status": "paused"})
    assert (problem["code"], problem["state"]) == ("invalid_transition", "draft")
    for status in ("active", "active", "paused", "active", "archived", "archived"):
        assert (await tenant.call("PUT", path, json={"status": status}))["status"] == status
    for status in ("draft", "active", "paused"):
        await tenant.refused("PUT", path, 409, "invalid_transition", json={"status": status})


async def test_pausing_a_sequence_pauses_its_leads_until_it_is_resumed(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([EMAIL, DELAY], active=True)
    held, held_alone = await tenant.lead(), await tenant.lead()
    await tenant.enroll(sequence_id, held, held_alone)
    await tenant.call("POST", f"/leads/{held_alone}/pause-sequence")
    path = f"/sequences/{sequence_id}"
    paused = await tenant.call("PUT", path, json={"status": "paused"})
    assert (paused["enrolled_count"], paused["active_count"]) == (2, 0)
    assert (await tenant.state(held))["status"] == "paused"
    await tenant.call("PUT", path, json={"status": "active"})
    assert (await tenant.state(held))["status"] == "active"
    assert (await tenant.state(held_alone))["status"] == "paused"
    await tenant.call("PUT", path, json={"status": "archived"})
    for lead_id in (held, held_alone):
        state = await tenant.state(lead_id)
        assert (state["status"], state["stop_reason"]) == ("stopped", "sequence_archived")


async def test_lists_are_paged_and_filtered(tenant: Tenant) -> None:
    made = [await tenant.sequence(active=number == 0) for number in range(5)]
    assert [item["id"] for item in await tenant.all_pages("/sequences", 2)] == made[::-1]
    active = await tenant.call("GET", "/sequences", params={"status": "active"})
    assert [item["id"] for item in active["items"]] == made[:1]
    await tenant.call("PUT", f"/sequences/{made[1]}", json={"name": "50% Off"})
    for search in ("50% o", "OFF"):
        found = await tenant.call("GET", "/sequences", params={"search": search})
        assert [item["id"] for item in found["items"]] == made[1:2]
    assert (await tenant.call("GET", "/sequences", params={"search": "%", "status": "active"}))["items"] == []
