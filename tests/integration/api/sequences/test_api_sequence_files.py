"""Sequences as files over the API: exported, edited by hand, and imported again."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from domain.sequences.file import read_yaml, write_yaml
from tests.integration.api.client import DELAY, EMAIL, Tenant

YAML = {"Content-Type": "application/yaml"}
BODY = "Hi {{ first_name | default: 'there' }},\n\nstill interested?\n-- \nSam\n"
STEPS: list[dict[str, Any]] = [
    EMAIL,
    {**DELAY, "delay_hours": 36, "metadata": {"09:30": "on", "owner": {"team": ["a", 1, None, 2.5]}}},
    {
        "key": "interest",
        "name": "Interested?",
        "type": "condition",
        "delay_days": 1,
        "config": {
            "branches": [
                {
                    "if": {"all": [{"opened": {"step": "intro", "within_days": 3}}, {"not": "replied"}]},
                    "then": {"goto": "again"},
                },
                {"if": {"field": "custom.plan", "op": "in", "value": ["yes", "1e5"]}, "then": {"stop": True}},
            ],
            "else": {"continue": True},
        },
    },
    {"key": "again", "type": "email", "config": {"body_text": BODY, "reply_in_thread": True}},
    {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["no", "#1"]}},
]
WRITTEN = ("key", "name", "type", "position", "delay_days", "delay_hours", "delay_minutes", "config", "metadata")


async def made(tenant: Tenant) -> Any:
    body = {
        "name": "Fair: follow-up",
        "description": "Two lines\n# of text\n",
        "settings": {
            "timezone": "Europe/Berlin",
            "auto_reply_hold_days": 0,
            "send_window": {"days": ["mon", "tue"], "end": "24:00", "holidays": ["DE", "US-CA"]},
        },
        "steps": STEPS,
    }
    return await tenant.call("POST", "/sequences", 201, json=body)


async def steps_of(tenant: Tenant, sequence_id: str) -> list[dict[str, Any]]:
    items = (await tenant.call("GET", f"/sequences/{sequence_id}/steps"))["items"]
    return [{field: item[field] for field in WRITTEN} for item in items]


@pytest.mark.parametrize("kind", ["yaml", "json"])
async def test_an_imported_export_gives_the_same_sequence(tenant: Tenant, stranger: Tenant, kind: str) -> None:
    first = await made(tenant)
    exported = await tenant.http.get(f"/sequences/{first['id']}/export", params={"format": kind})
    assert exported.headers["content-type"].startswith(f"application/{kind}")
    assert exported.headers["content-disposition"] == f'attachment; filename="fair-follow-up.{kind}"'
    headers = {"Content-Type": exported.headers["content-type"]}
    second = await stranger.call("POST", "/sequences/import", 201, content=exported.content, headers=headers)
    for field in ("name", "description", "settings"):
        assert second[field] == first[field]
    assert second["status"] == "draft"
    assert await steps_of(stranger, second["id"]) == await steps_of(tenant, first["id"])
    again = await stranger.http.get(f"/sequences/{second['id']}/export", params={"format": kind})
    assert again.text == exported.text
    assert ("body_text: |\n" in exported.text) == (kind == "yaml")


async def test_the_accept_header_chooses_the_format(tenant: Tenant) -> None:
    path = f"/sequences/{(await made(tenant))['id']}/export"
    for accept, kind in [
        ("*/*", "yaml"),
        ("application/json", "json"),
        ("application/yaml, application/json", "yaml"),
        ("text/html", "yaml"),
        ("application/json;q=0.9, */*", "json"),
    ]:
        answer = await tenant.http.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(f"application/{kind}"), accept
    answer = await tenant.http.get(path, params={"format": "yaml"}, headers={"Accept": "application/json"})
    assert read_yaml(answer.text).name == "Fair: follow-up"
    assert await tenant.refused("GET", f"{path}?format=xml", 422, "validation_failed") == ["format"]


async def test_a_file_written_by_hand_is_imported(tenant: Tenant) -> None:
    text = """
version: 1
name: By hand   # as one writes
steps:
- key: intro
  type: email
  delay: PT90M
  config: {subject: Hello, body_text: Hi}
- key: any-answer
  type: condition
  config:
    branches:
      - if: replied
        then: {stop: true, reason: on}
"""
    made = await tenant.call("POST", "/sequences/import", 201, content=text, headers={"Content-Type": "text/yaml"})
    steps = await steps_of(tenant, made["id"])
    assert steps[0]["delay_minutes"] == 90
    assert steps[1]["config"]["branches"][0] == {"if": "replied", "then": {"stop": True, "reason": "on"}}


@pytest.mark.parametrize(
    ("text", "status", "code", "detail"),
    [
        ("name: [", 400, "malformed_yaml", "line 1, column 8"),
        ("name: a\nname: b\n", 400, "malformed_yaml", "line 2, column 1"),
        ("name: a\n\tb: c\n", 400, "malformed_yaml", "line 2"),
        ("name: \xff".encode("latin-1"), 400, "malformed_yaml", "line 1, column 7"),
        ("", 422, "validation_failed", ""),
        ("version: 1\nname: x\nsteps: [{key: a, type: email, config: {subject: x}}]", 422, "validation_failed", ""),
        ('version: 1\nname: "a\\0b"', 422, "validation_failed", "name"),
        ("version: 1\nname: x\nsteps: [{key: a, type: delay, config: {days: 1e999}}]", 422, "validation_failed", ""),
        (
            "version: 1\nname: x\nsteps:\n"
            "- {key: a, type: delay, config: {days: 1}}\n- {key: a, type: delay, config: {days: 1}}",
            409,
            "duplicate_step_key",
            "",
        ),
    ],
)
async def test_a_bad_file_is_refused(tenant: Tenant, text: Any, status: int, code: str, detail: str) -> None:
    problem = await tenant.call("POST", "/sequences/import", status, content=text, headers=YAML)
    assert problem["code"] == code
    assert detail in problem["detail"]
    assert (await tenant.call("GET", "/sequences"))["items"] == []


async def test_only_yaml_and_json_are_imported(tenant: Tenant) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/xml"}):
        await tenant.refused(
            "POST", "/sequences/import", 415, "unsupported_media_type", content=b"version: 1", headers=headers
        )
    for body in (b"", b"{"):
        json_type = {"Content-Type": "application/json"}
        await tenant.refused("POST", "/sequences/import", 400, "malformed_json", content=body, headers=json_type)


async def test_other_requests_are_answered_while_a_long_file_is_parsed(tenant: Tenant) -> None:
    long = "version: 1\nname: " + "a " * 1_000_000
    importing = asyncio.ensure_future(tenant.http.post("/sequences/import", content=long, headers=YAML))
    await asyncio.wait([importing], timeout=0.2)  # it is running
    await tenant.call("GET", "/sequences")
    assert not importing.done()
    assert (await importing).status_code == 422  # the name is too long


async def test_a_file_sent_twice_is_imported_once(tenant: Tenant) -> None:
    text = write_yaml({"version": 1, "name": "Once"})
    headers = {**YAML, "Idempotency-Key": "file"}
    first = await tenant.call("POST", "/sequences/import", 201, content=text, headers=headers)
    assert await tenant.call("POST", "/sequences/import", 201, content=text, headers=headers) == first
    other = write_yaml({"version": 1, "name": "Twice"})
    await tenant.refused("POST", "/sequences/import", 409, "idempotency_key_reused", content=other, headers=headers)
    of_json = {"Content-Type": "application/json", "Idempotency-Key": "json"}
    once = await tenant.call("POST", "/sequences/import", 201, content='{"version":1,"name":"J"}', headers=of_json)
    assert once == await tenant.call(
        "POST", "/sequences/import", 201, content=json.dumps({"name": "J", "version": 1}), headers=of_json
    )


async def test_a_duplicate_is_an_independent_draft(tenant: Tenant) -> None:
    original = await made(tenant)
    path = f"/sequences/{original['id']}"
    await tenant.call("PUT", path, json={"status": "active"})
    copy = await tenant.call("POST", f"{path}/duplicate", 201)
    assert (copy["name"], copy["status"], copy["current_version"]) == ("Fair: follow-up (copy)", "draft", None)
    assert copy["settings"] == original["settings"]
    assert await steps_of(tenant, copy["id"]) == await steps_of(tenant, original["id"])
    await tenant.call("DELETE", f"/sequences/{copy['id']}/steps/again", 204)
    assert len(await steps_of(tenant, original["id"])) == len(STEPS)
    named = await tenant.call("POST", f"{path}/duplicate", 201, json={"name": "Spring"})
    assert named["name"] == "Spring"
    await tenant.call("PUT", f"/sequences/{named['id']}", json={"name": "x" * 200})
    assert len((await tenant.call("POST", f"/sequences/{named['id']}/duplicate", 201))["name"]) == 200


async def test_sequences_of_another_tenant_cannot_be_copied(tenant: Tenant, stranger: Tenant) -> None:
    for sequence_id in ((await made(stranger))["id"], uuid4()):
        await tenant.refused("GET", f"/sequences/{sequence_id}/export", 404, "not_found")
        await tenant.refused("POST", f"/sequences/{sequence_id}/duplicate", 404, "not_found")
