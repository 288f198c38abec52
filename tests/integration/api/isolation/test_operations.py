"""No operation reaches a thing of another tenant, or answers whoever has neither key nor session."""

from collections.abc import Callable
from typing import Any

import asyncpg
from fastapi import FastAPI

from tests.integration.api.client import EMAIL, Tenant, client_of
from tests.integration.api.isolation.snapshots import snapshot
from tests.integration.api.isolation.things import KEYLESS, Things, operations

# A body that would be accepted if the thing in the path were one's own, by operation.
BODIES: dict[str, Callable[[Things], Any]] = {
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


async def test_every_operation_on_a_thing_of_another_tenant_answers_that_there_is_none(
    app: FastAPI, ours: Things, theirs: Things, all_seeing: asyncpg.Connection
) -> None:
    before = await snapshot(all_seeing, theirs.tenant.id)
    tried: list[str] = []
    for method, path, operation in operations(app):
        if "{" not in path or f"{method} {path}" in KEYLESS:
            continue
        # A parameter that is not known here raises KeyError: give `things_of` one of it.
        target = path.format_map(theirs.ids)
        body = BODIES.get(operation["operationId"], lambda _: {})(ours) if "requestBody" in operation else None
        await ours.tenant.refused(method, target, 404, "not_found", json=body)
        tried.append(operation["operationId"])
    assert len(tried) >= 45
    assert set(BODIES) <= set(tried)
    assert await snapshot(all_seeing, theirs.tenant.id) == before


async def test_no_list_holds_anything_of_another_tenant(app: FastAPI, tenant: Tenant, theirs: Things) -> None:
    tried = 0
    for method, path, _ in operations(app):
        if method != "GET" or "{" in path or f"{method} {path}" in KEYLESS:
            continue
        answer = await tenant.http.get(path)
        assert answer.status_code == 200, path
        for name, value in theirs.ids.items():
            assert value not in answer.text, f"{path} shows {name}"
        # The power of the test: to its owner the list does show something, or is never anything but its own.
        owners = await theirs.tenant.http.get(path)
        if path == "/session":
            assert owners.json()["tenant_id"] == str(theirs.tenant.id) != answer.json()["tenant_id"]
        elif owners.headers["content-type"].startswith("text/csv"):
            assert len(owners.text.splitlines()) > len(answer.text.splitlines()) == 1, path
        else:
            assert owners.json()["items"], path
        tried += 1
    assert tried >= 12


async def test_nothing_is_answered_without_a_key_but_what_is_guarded_otherwise(app: FastAPI, theirs: Things) -> None:
    ids = {**theirs.ids, "token": "x"}
    open_to_all: set[str] = set()
    async with client_of(app, None) as http:
        for method, path, _ in operations(app):
            if (await http.request(method, path.format_map(ids))).status_code != 401:
                open_to_all.add(f"{method} {path}")
    assert open_to_all == set(KEYLESS) - {"POST /webhooks/inbound-email"}
