"""A tenant's client of the API for tests. It checks every answer against the OpenAPI document."""

import json
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from db.session import Database
from services.access.api_keys import Scope, create_key

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello", "body_text": "Hi there"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}


@dataclass
class Tenant:
    id: UUID
    http: httpx.AsyncClient
    """Sends a key with every scope."""
    database: Database

    async def call(self, method: str, path: str, status: int = 200, **request: Any) -> Any:
        """Returns the answer's JSON. Checks its status, and that a refusal is a problem document (RFC 9457)."""
        response = await self.http.request(method, path, **request)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        if status >= 400:
            assert response.headers["content-type"] == "application/problem+json"
            assert {"type", "title", "status", "detail", "code", "errors"} <= response.json().keys()
        return response.json() if response.content else None

    async def refused(self, method: str, path: str, status: int, code: str, **request: Any) -> list[str]:
        """Checks that the request is refused, and returns the fields that the refusal names."""
        problem = await self.call(method, path, status, **request)
        assert problem["code"] == code, problem
        return [error["field"] for error in problem["errors"]]

    async def raw_json(self, method: str, path: str, body: bytes) -> httpx.Response:
        return await self.http.request(method, path, content=body, headers={"Content-Type": "application/json"})

    async def sequence(self, steps: Sequence[dict[str, Any]] = (EMAIL,), *, active: bool = False) -> str:
        created = await self.call("POST", "/sequences", 201, json={"name": "Outreach", "steps": list(steps)})
        if active:
            await self.call("PUT", f"/sequences/{created['id']}", json={"status": "active"})
        return created["id"]

    async def lead(self, **fields: Any) -> str:
        body = {"email": f"lead-{uuid4().hex[:10]}@acme.example", "first_name": "Ada", **fields}
        return (await self.call("POST", "/leads", 201, json=body))["id"]

    async def enroll(self, sequence_id: str, *lead_ids: str, **options: Any) -> Any:
        body = {"sequence_id": sequence_id, "lead_ids": lead_ids, **options}
        return await self.call("POST", "/leads/enroll-in-sequence", json=body)

    async def state(self, lead_id: str) -> Any:
        """Returns the lead's newest enrollment."""
        return (await self.call("GET", f"/leads/{lead_id}/sequence-state"))["enrollments"][0]

    async def all_pages(self, path: str, limit: int, **query: Any) -> list[Any]:
        """Returns the items of all pages of a list, with at most `limit` on each page."""
        items: list[Any] = []
        query = {"limit": limit, **query}
        while True:
            page = await self.call("GET", path, params=query)
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            query["cursor"] = page["next_cursor"]

    async def key(self, *scopes: Scope) -> str:
        async with self.database.write(self.id) as session:
            return (await create_key(session, name="Test", scopes=scopes)).key

    async def record_sent(self, lead_id: str, *, mailbox_id: str | None = None) -> str:
        """Stores a sent message of the lead's enrollment. Returns its Message-ID. Default: the enrollment's mailbox."""
        message_id = f"<{uuid4()}@sender.example>"
        insert = text(
            "INSERT INTO messages (tenant_id, enrollment_id, sequence_id, lead_id, mailbox_id, step_id, visit,"
            " status, rfc_message_id, subject, reserved_at, sent_at)"
            " SELECT tenant_id, id, sequence_id, lead_id, coalesce(CAST(:mailbox_id AS uuid), mailbox_id),"
            " coalesce(current_step_id, gen_random_uuid()), 1, 'sent', :message_id, 'Hello', now(), now()"
            " FROM lead_sequence_state WHERE lead_id = :lead_id"
        )
        async with self.database.write(self.id) as session:
            await session.execute(insert, {"mailbox_id": mailbox_id, "message_id": message_id, "lead_id": lead_id})
        return message_id

    async def query(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.database.read(self.id) as session:
            return list((await session.execute(text(statement), parameters)).all())


async def create_tenant(database: Database) -> tuple[UUID, str]:
    """Creates a tenant. Returns its ID and an API key with every scope."""
    tenant_id = uuid4()
    async with database.write(tenant_id) as session:
        await session.execute(
            text("INSERT INTO tenants (id, name, postal_address) VALUES (:id, 'Test', '1 Main Street, Springfield')"),
            {"id": tenant_id},
        )
        return tenant_id, (await create_key(session, name="Test", scopes=["admin"])).key


@asynccontextmanager
async def new_tenant(app: FastAPI, database: Database) -> AsyncGenerator[Tenant]:
    tenant_id, key = await create_tenant(database)
    async with client_of(app, key) as http:
        yield Tenant(tenant_id, http, database)


@asynccontextmanager
async def client_of(app: FastAPI, key: str | None) -> AsyncGenerator[httpx.AsyncClient]:
    """Yields a client that checks the status of every answer: it must be documented for the route."""
    documented = _documented(app)

    async def check_documented(response: httpx.Response) -> None:
        path, method = response.request.url.path, response.request.method.lower()
        statuses = next((methods.get(method) for pattern, methods in documented if pattern.fullmatch(path)), None)
        if statuses is not None:
            assert str(response.status_code) in statuses, f"{method} {path} answers {response.status_code}"

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api.test", headers=headers, event_hooks={"response": [check_documented]}
    ) as http:
        yield http


def _documented(app: FastAPI) -> list[tuple[re.Pattern[str], dict[str, set[str]]]]:
    """Returns the documented statuses by path and method. Fixed paths come before those with an ID in the same
    place."""
    paths = sorted(app.openapi()["paths"].items(), key=lambda item: item[0].count("{"))
    return [
        (
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path)),
            {method: set(operation["responses"]) for method, operation in operations.items()},
        )
        for path, operations in paths
    ]


def nested(depth: int) -> bytes:
    return json.dumps({"name": "x", "settings": "LEAF"}).encode().replace(b'"LEAF"', b"[" * depth + b"]" * depth)
