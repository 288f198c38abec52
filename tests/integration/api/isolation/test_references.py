"""The ID of another tenant's object, in a body or query, refers to nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from fastapi import FastAPI

from tests.integration.api.client import EMAIL
from tests.integration.api.isolation.snapshots import snapshot
from tests.integration.api.isolation.tenant_objects import TenantObjects, operations

# Fields named like references that refer to no object of a tenant.
NO_REFERENCE = {"event_id"}  # chosen by the sender


def references(app: FastAPI) -> set[tuple[str, str]]:
    """Returns every field of a body or query that refers to an object by its ID, as (operation, field)."""
    document = app.openapi()
    found: set[tuple[str, str]] = set()

    def walk(schema: Any, operation_id: str, seen: frozenset[str]) -> None:
        if isinstance(schema, dict):
            ref = schema.get("$ref")
            if isinstance(ref, str) and ref not in seen:
                walk(document["components"]["schemas"][ref.rpartition("/")[2]], operation_id, seen | {ref})
            for name, child in schema.get("properties", {}).items():
                if name.endswith(("_id", "_ids")) and name not in NO_REFERENCE:
                    found.add((operation_id, name))
                walk(child, operation_id, seen)
            for key, child in schema.items():
                if key not in ("properties", "examples", "example"):
                    walk(child, operation_id, seen)
        elif isinstance(schema, list):
            for child in schema:
                walk(child, operation_id, seen)

    for _, _, operation in operations(app):
        walk(operation.get("requestBody"), operation["operationId"], frozenset())
        for parameter in operation.get("parameters", []):
            name = parameter["name"]
            if parameter["in"] == "query" and (name.endswith(("_id", "_ids")) or "uuid" in str(parameter["schema"])):
                found.add((operation["operationId"], name))
    return found


Check = Callable[[TenantObjects, TenantObjects], Awaitable[None]]


def _enrolling(field: str) -> Check:
    async def check(ours: TenantObjects, theirs: TenantObjects) -> None:
        lead_id = await ours.tenant.lead()
        body: dict[str, Any] = {"sequence_id": ours.ids["sequence_id"], "lead_ids": [lead_id]}
        if field == "lead_ids":
            body["lead_ids"] = [theirs.ids["lead_id"]]
            answer = await ours.tenant.call("POST", "/leads/enroll-in-sequence", json=body)
            assert (answer["enrolled"], [one["code"] for one in answer["skipped"]]) == ([], ["not_found"])
        else:
            body[field] = theirs.ids[field]
            await ours.tenant.refused("POST", "/leads/enroll-in-sequence", 404, "not_found", json=body)

    return check


def _steering(verb: str) -> Check:
    async def check(ours: TenantObjects, theirs: TenantObjects) -> None:
        body = {"sequence_id": theirs.ids["sequence_id"]}
        path = f"/leads/{ours.ids['lead_id']}/{verb}-sequence"
        await ours.tenant.refused("POST", path, 404, "not_found", json=body)

    return check


def _owning(method: str) -> Check:
    async def check(ours: TenantObjects, theirs: TenantObjects) -> None:
        path = "/leads" if method == "POST" else f"/leads/{ours.ids['lead_id']}"
        body = {"email": "new@acme.example", "owner_id": theirs.ids["user_id"]}
        assert await ours.tenant.refused(method, path, 422, "validation_failed", json=body) == ["owner_id"]

    return check


def _filtering(path: str, field: str) -> Check:
    async def check(ours: TenantObjects, theirs: TenantObjects) -> None:
        answer = await ours.tenant.call("GET", f"{path.format_map(ours.ids)}?{field}={theirs.ids[field]}")
        # Objects for everybody in the caller's own tenant may be in the list.
        assert all(one.get(field) is None for one in answer["items"])

    return check


async def _adding(ours: TenantObjects, theirs: TenantObjects) -> None:
    path, body = f"/campaigns/{ours.ids['campaign_id']}/leads", {"lead_ids": [theirs.ids["lead_id"]]}
    answer = await ours.tenant.call("POST", path, json=body)
    assert (answer["added"], [one["code"] for one in answer["skipped"]]) == ([], ["not_found"])


async def _assigning(ours: TenantObjects, theirs: TenantObjects) -> None:
    path, body = f"/campaigns/{ours.ids['campaign_id']}/assign-sequence", {"sequence_id": theirs.ids["sequence_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _previewing(ours: TenantObjects, theirs: TenantObjects) -> None:
    path, body = f"/sequences/{ours.ids['sequence_id']}/preview", {"lead_id": theirs.ids["lead_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _previewing_a_message(ours: TenantObjects, theirs: TenantObjects) -> None:
    path, body = f"/sequences/{ours.ids['sequence_id']}/preview-message", {"lead_id": theirs.ids["lead_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _previewing_from(ours: TenantObjects, theirs: TenantObjects) -> None:
    path = f"/sequences/{ours.ids['sequence_id']}/preview-message"
    body = {"lead_id": ours.ids["lead_id"], "mailbox_id": theirs.ids["mailbox_id"]}
    assert (await ours.tenant.call("POST", path, json=body))["from"] is None


async def _telling(ours: TenantObjects, theirs: TenantObjects) -> None:
    path, body = f"/leads/{ours.ids['lead_id']}/events", {"type": "reply", "message_id": theirs.ids["message_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _forwarding(ours: TenantObjects, theirs: TenantObjects) -> None:
    body = {"by": "PT1H", "enrollment_id": theirs.ids["enrollment_id"]}
    await ours.tenant.refused("POST", "/dev/fast-forward", 404, "not_found", json=body)


async def _signing_in(ours: TenantObjects, theirs: TenantObjects) -> None:
    body = {"email": "u@x.example", "password": "whatever it may be", "tenant_id": theirs.ids["tenant_id"]}
    headers = {"X-Cadenza-CSRF": "1"}
    await ours.tenant.refused("POST", "/session", 401, "sign_in_failed", json=body, headers=headers)


async def _picking(ours: TenantObjects, theirs: TenantObjects) -> None:
    path = f"/leads?id={theirs.ids['lead_id']}&id={ours.ids['lead_id']}"
    assert [one["id"] for one in (await ours.tenant.call("GET", path))["items"]] == [ours.ids["lead_id"]]


async def _gathering(ours: TenantObjects, theirs: TenantObjects) -> None:
    path, csv = f"/leads/import?campaign_id={theirs.ids['campaign_id']}", {"Content-Type": "text/csv"}
    file = b"email\nnew@acme.example\n"
    await ours.tenant.refused("POST", path, 404, "not_found", content=file, headers=csv)


def _sharing_out(operation: str) -> Check:
    """A draft may refer to anything. References are checked when the sequence is activated."""

    async def check(ours: TenantObjects, theirs: TenantObjects) -> None:
        document = {"name": "S", "settings": {"mailbox_ids": [theirs.ids["mailbox_id"]]}, "steps": [EMAIL]}
        if operation == "import_sequence":
            made = await ours.tenant.call("POST", "/sequences/import", 201, json={"version": 1, **document})
        else:
            made = await ours.tenant.call("POST", "/sequences", 201, json=document)
        path, active = f"/sequences/{made['id']}", {"status": "active"}
        body = {**active, "settings": document["settings"]} if operation == "update_sequence" else active
        refused = await ours.tenant.refused("PUT", path, 422, "sequence_invalid", json=body)
        assert refused == ["settings.mailbox_ids[0]"]

    return check


REFERENCES: dict[tuple[str, str], Check] = {
    ("enroll_leads", "sequence_id"): _enrolling("sequence_id"),
    ("enroll_leads", "campaign_id"): _enrolling("campaign_id"),
    ("enroll_leads", "lead_ids"): _enrolling("lead_ids"),
    ("pause_lead", "sequence_id"): _steering("pause"),
    ("resume_lead", "sequence_id"): _steering("resume"),
    ("stop_lead", "sequence_id"): _steering("stop"),
    ("create_sequence", "mailbox_ids"): _sharing_out("create_sequence"),
    ("update_sequence", "mailbox_ids"): _sharing_out("update_sequence"),
    ("import_sequence", "mailbox_ids"): _sharing_out("import_sequence"),
    ("preview", "lead_id"): _previewing,
    ("preview_message", "lead_id"): _previewing_a_message,
    ("preview_message", "mailbox_id"): _previewing_from,
    ("record_lead_event", "message_id"): _telling,
    ("create_lead", "owner_id"): _owning("POST"),
    ("update_lead", "owner_id"): _owning("PATCH"),
    ("add_campaign_leads", "lead_ids"): _adding,
    ("assign_campaign_sequence", "sequence_id"): _assigning,
    ("fast_forward_clock", "enrollment_id"): _forwarding,
    ("import_leads", "campaign_id"): _gathering,
    ("list_leads", "id"): _picking,
    ("create_session", "tenant_id"): _signing_in,
    ("list_batches", "sequence_id"): _filtering("/batches", "sequence_id"),
    ("list_notifications", "user_id"): _filtering("/notifications", "user_id"),
    ("list_enrollments", "sequence_id"): _filtering("/enrollments", "sequence_id"),
    ("list_enrollments", "lead_id"): _filtering("/enrollments", "lead_id"),
    ("list_sequence_executions", "lead_id"): _filtering("/sequences/{sequence_id}/executions", "lead_id"),
    ("list_sequence_executions", "enrollment_id"): _filtering("/sequences/{sequence_id}/executions", "enrollment_id"),
}


async def test_every_reference_to_another_tenants_object_finds_nothing(
    app: FastAPI, ours: TenantObjects, theirs: TenantObjects, all_seeing: asyncpg.Connection
) -> None:
    # If a field is missing in REFERENCES: add the effect that another tenant's ID in it must have.
    assert references(app) == set(REFERENCES)
    before = await snapshot(all_seeing, theirs.tenant.id)
    for check in REFERENCES.values():
        await check(ours, theirs)
    assert await snapshot(all_seeing, theirs.tenant.id) == before


async def test_references_inside_steps_to_another_tenants_objects_find_nothing(
    ours: TenantObjects, theirs: TenantObjects
) -> None:
    """Step configurations are free-form in the OpenAPI document. Their references are checked at activation."""
    configs = [
        {"action": "assign_to_user", "user_id": theirs.ids["user_id"]},
        {"action": "notify_user", "user_id": theirs.ids["user_id"], "message": "Hi"},
    ]
    for config in configs:
        sequence_id = await ours.tenant.sequence([{"key": "act", "type": "action", "config": config}])
        fields = await ours.tenant.refused(
            "PUT", f"/sequences/{sequence_id}", 422, "sequence_invalid", json={"status": "active"}
        )
        assert fields == ["steps[0].config.user_id"]
