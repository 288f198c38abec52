"""No operation reaches an object of another tenant, and none answers a request without a key or session."""

from collections.abc import Callable
from typing import Any

import asyncpg
from fastapi import FastAPI

from tests.integration.api.client import EMAIL, Tenant, client_of
from tests.integration.api.isolation.snapshots import snapshot
from tests.integration.api.isolation.tenant_objects import KEYLESS, TenantObjects, operations

# By operation: a body that would be accepted if the object in the path belonged to the caller.
BODIES: dict[str, Callable[[TenantObjects], Any]] = {
    "create_step": lambda _: {**EMAIL, "key": "mine"},
    "replace_steps": lambda _: {"steps_revision": 0, "steps": [EMAIL]},
    "validate_sequence": lambda _: {"steps": [EMAIL]},
    "add_campaign_leads": lambda ours: {"lead_ids": [ours.ids["lead_id"]]},
    "assign_campaign_sequence": lambda ours: {"sequence_id": ours.ids["sequence_id"]},
    "preview": lambda ours: {"lead_id": ours.ids["lead_id"]},
    "preview_message": lambda ours: {"lead_id": ours.ids["lead_id"]},
    "record_lead_event": lambda _: {"type": "reply"},
    "reply_to_message": lambda _: {"text": "hello"},
    "update_sequence": lambda _: {"status": "archived"},
    "set_sender_domain": lambda _: {"dkim": None},
    "update_user": lambda _: {"name": "Mine"},
    "update_lead": lambda _: {"first_name": "Mine"},
}


async def test_every_operation_on_another_tenants_object_answers_not_found(
    app: FastAPI, ours: TenantObjects, theirs: TenantObjects, all_seeing: asyncpg.Connection
) -> None:
    before = await snapshot(all_seeing, theirs.tenant.id)
    tried: list[str] = []
    for method, path, operation in operations(app):
        if "{" not in path or f"{method} {path}" in KEYLESS:
            continue
        # KeyError means a parameter without a known object: add one to `create_one_of_each`.
        target = path.format_map(theirs.ids)
        body = BODIES.get(operation["operationId"], lambda _: {})(ours) if "requestBody" in operation else None
        await ours.tenant.refused(method, target, 404, "not_found", json=body)
        tried.append(operation["operationId"])
    assert len(tried) >= 45
    assert set(BODIES) <= set(tried)
    assert await snapshot(all_seeing, theirs.tenant.id) == before


async def test_no_list_shows_objects_of_another_tenant(app: FastAPI, tenant: Tenant, theirs: TenantObjects) -> None:
    tried = 0
    for method, path, _ in operations(app):
        if method != "GET" or "{" in path or f"{method} {path}" in KEYLESS:
            continue
        answer = await tenant.http.get(path)
        assert answer.status_code == 200, path
        for name, value in theirs.ids.items():
            assert value not in answer.text, f"{path} shows {name}"
        # To prove that the test can fail: the owner's list must show something, or be its own by nature.
        owners = await theirs.tenant.http.get(path)
        if path == "/session":
            assert owners.json()["tenant_id"] == str(theirs.tenant.id) != answer.json()["tenant_id"]
        elif owners.headers["content-type"].startswith("text/csv"):
            assert len(owners.text.splitlines()) > len(answer.text.splitlines()) == 1, path
        else:
            assert owners.json()["items"], path
        tried += 1
    assert tried >= 12


async def test_only_known_operations_answer_without_a_key(app: FastAPI, theirs: TenantObjects) -> None:
    ids = {**theirs.ids, "token": "x"}
    open_to_all: set[str] = set()
    async with client_of(app, None) as http:
        for method, path, _ in operations(app):
            if (await http.request(method, path.format_map(ids))).status_code != 401:
                open_to_all.add(f"{method} {path}")
    assert open_to_all == set(KEYLESS) - {"POST /webhooks/inbound-email"}
