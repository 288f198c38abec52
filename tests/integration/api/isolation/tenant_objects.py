"""A tenant with one object of every kind, and the operations by which another tenant may try to reach it.

Operations come from the OpenAPI document, and tables, views and functions from Postgres' catalogs. Nothing is listed by
hand, so a new operation or table without an object here fails the test that finds it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text

from mail.capture.store import CaptureStore
from tests.integration.api.client import Tenant
from tests.integration.api.inbound.inbound_mail import create_mailed_lead

# Operations that need no key, each with its own protection.
KEYLESS = {
    "GET /healthz": "says only that the process runs",
    "GET /readyz": "says only what it can reach",
    "GET /t/o/{token}.gif": "a signed token: test_api_tracking.py",
    "GET /t/c/{token}": "a signed token: test_api_tracking.py",
    "GET /u/{token}": "a signed token: test_api_tracking.py",
    "POST /u/{token}": "a signed token: test_api_tracking.py",
    "POST /webhooks/inbound-email": "a signature: test_api_inbound.py",
    "POST /session": "a key, or a password: test_api_sign_in.py",
    "POST /invitations/accept": "the token of an invitation: test_api_invitations.py",
}


@dataclass
class TenantObjects:
    """A tenant with one object of every kind. `ids` has their IDs by the names that paths and bodies use."""

    tenant: Tenant
    ids: dict[str, str]


async def create_one_of_each(tenant: Tenant, capture_dir: Path) -> TenantObjects:
    lead_id, _, message_id = await create_mailed_lead(tenant)
    [enrollment] = (await tenant.call("GET", f"/leads/{lead_id}/sequence-state"))["enrollments"]
    sequence_id = enrollment["sequence_id"]
    await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "open", "message_id": message_id})
    user = await tenant.call("POST", "/users", 201, json={"email": "u@x.example"}, headers={"Idempotency-Key": "u"})
    await tenant.call("POST", f"/users/{user['id']}/invitations", 201)
    campaign = await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"})
    await tenant.call("POST", f"/campaigns/{campaign['id']}/leads", json={"lead_ids": [lead_id]})
    assigned = await tenant.call(
        "POST", f"/campaigns/{campaign['id']}/assign-sequence", 202, json={"sequence_id": sequence_id}
    )
    endpoint = await tenant.call(
        "POST",
        "/webhook-endpoints",
        201,
        json={"url": "http://127.0.0.1:1/", "event_types": ["notification.created"]},
    )
    suppression = await tenant.call("POST", "/suppressions", 201, json={"kind": "domain", "value": "evil.example"})
    key = await tenant.call("POST", "/api-keys", 201, json={"name": "k", "scopes": ["read"]})
    step = (await tenant.call("GET", f"/sequences/{sequence_id}/steps"))["items"][0]
    await _what_only_the_program_writes(tenant, assigned["id"], sequence_id, step["id"])
    raw = f"From: a@x.example\r\nTo: b@x.example\r\nMessage-ID: {message_id}\r\n\r\nhi".encode()
    captured = CaptureStore(capture_dir).save("a@x.example", ["b@x.example"], raw)
    ids = {
        "tenant_id": str(tenant.id),
        "lead_id": lead_id,
        "enrollment_id": enrollment["id"],
        "sequence_id": sequence_id,
        "step": step["id"],
        "campaign_id": campaign["id"],
        "batch_id": assigned["id"],
        "domain": await _domain_of_its_own(tenant),
        "mailbox_id": (await tenant.call("GET", "/mailboxes"))["items"][0]["id"],
        "suppression_id": suppression["id"],
        "user_id": user["id"],
        "notification_id": (await tenant.call("GET", "/notifications"))["items"][0]["id"],
        "key_id": key["id"],
        "endpoint_id": endpoint["id"],
        "captured_id": captured,
        "message_id": message_id,
    }
    return TenantObjects(tenant, ids)


async def _domain_of_its_own(tenant: Tenant) -> str:
    domain = f"{tenant.id.hex[:12]}.example"
    await tenant.call("POST", "/mailboxes", 201, json={"email": f"sam@{domain}"})
    return domain


async def _what_only_the_program_writes(tenant: Tenant, batch_id: str, sequence_id: str, step_id: str) -> None:
    statements = (
        "INSERT INTO notifications (tenant_id, kind, message) VALUES (:t, 'sequence', 'Look')",
        "INSERT INTO batch_skips (tenant_id, batch_id, lead_id, code, detail)"
        " VALUES (:t, :batch, gen_random_uuid(), 'not_found', 'there is no such lead')",
        "INSERT INTO variant_winners (tenant_id, sequence_id, step_id, variant, certainty)"
        " VALUES (:t, :sequence, :step, 'A', 0.99)",
    )
    statements += (
        "INSERT INTO inbox_cursors (tenant_id, mailbox_id, folder, account)"
        " SELECT tenant_id, id, 'INBOX', 'x' FROM mailboxes WHERE tenant_id = :t",
        "INSERT INTO inbox_failures (tenant_id, mailbox_id, folder, uid_validity, uid, error, attempts)"
        " SELECT tenant_id, id, 'INBOX', 1, 1, 'x', 8 FROM mailboxes WHERE tenant_id = :t",
    )
    statements += (
        "INSERT INTO send_slots (tenant_id, mailbox_id, step_id, visit, status, at, day)"
        " SELECT tenant_id, id, :step, 1, 'held', now(), now() FROM mailboxes WHERE tenant_id = :t",
        "INSERT INTO send_days (tenant_id, mailbox_id, day, taken)"
        " SELECT tenant_id, id, now(), 1 FROM mailboxes WHERE tenant_id = :t",
    )
    statements += (
        "INSERT INTO erased_enrollments (tenant_id, sequence_id, status, visits, enrolled_at, ended_at, moves)"
        " VALUES (:t, :sequence, 'completed', '{}', now(), now(), '[]')",
        "INSERT INTO erased_emails (tenant_id, sequence_id, step_id) VALUES (:t, :sequence, :step)",
        "INSERT INTO sessions (tenant_id, token_hash, user_id)"
        " SELECT tenant_id, sha256(gen_random_uuid()::text::bytea), id FROM users WHERE tenant_id = :t",
    )
    values = {"t": tenant.id, "batch": batch_id, "sequence": sequence_id, "step": step_id}
    async with tenant.database.write(tenant.id) as session:
        for statement in statements:
            await session.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation
