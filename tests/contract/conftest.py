"""A running API with everything switched on, and a tenant that has one of each thing to ask about."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from db.session import Database
from services.keys import create_key
from tests.api_process import running_api
from tests.integration.api.client import DELAY, EMAIL, Tenant

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
SIGNING_KEY = "a key that signs the links in mail, for tests"


@dataclass(frozen=True)
class Api:
    url: str
    key: str
    ids: dict[str, str]
    """Of things that are there, by the path's parameter."""


@pytest.fixture(scope="session")
async def api(
    migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Api]:
    settings = {
        "CADENZA_DEV": "true",
        "CADENZA_CAPTURE_DIR": str(tmp_path_factory.mktemp("captured")),
        "CADENZA_INBOUND_WEBHOOK_SECRET": SECRET,
        "CADENZA_SIGNING_KEY": SIGNING_KEY,
        "CADENZA_PUBLIC_URL": "https://mail.cadenza.example",
    }
    async with running_api(migrated_postgres, temporal_server, **settings) as url:
        database = Database(migrated_postgres.app_url)
        tenant_id = uuid4()
        async with database.write(tenant_id) as session:
            await session.execute(text("INSERT INTO tenants (id, name) VALUES (:id, 'Test')"), {"id": tenant_id})
            key = (await create_key(session, name="Test", scopes=["admin"])).key
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as http:
            ids = await _furnished(Tenant(tenant_id, http, database))
        yield Api(url, key, ids)
        await database.aclose()


async def _furnished(tenant: Tenant) -> dict[str, str]:
    lead_id = await tenant.lead(tags=["vip"], custom={"plan": "pro"}, timezone="Europe/Berlin")
    sequence_id = await tenant.sequence([EMAIL, DELAY], active=True)
    enrolled = await tenant.enroll(sequence_id, lead_id)
    mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": "sam@cadenza.example"})
    campaign = await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"})
    user = await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"})
    suppression = await tenant.call("POST", "/suppressions", 201, json={"kind": "domain", "value": "bad.example"})
    endpoint = {"url": "https://hooks.cadenza.example/", "event_types": ["enrollment.replied"]}
    hook = await tenant.http.post("/webhook-endpoints", json=endpoint)
    assert hook.status_code == 201, hook.text
    return {
        "lead_id": lead_id,
        "sequence_id": sequence_id,
        "step": "intro",
        "enrollment_id": enrolled["enrolled"][0]["enrollment_id"],
        "batch_id": enrolled["batch_id"],
        "mailbox_id": mailbox["id"],
        "campaign_id": campaign["id"],
        "user_id": user["id"],
        "suppression_id": suppression["id"],
        "endpoint_id": hook.json()["id"],
        "tenant_id": str(tenant.id),
    }
