"""Every bad request gets a problem with a code and never an internal error; a repeated request is carried out once."""

import asyncio
import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from tests.integration.api.client import EMAIL, Tenant, client_of, nested
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.isolation.tenant_objects import KEYLESS
from tests.properties import examples

JSON_BODY = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{not json", 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b'{"name": ' + b"9" * 5000 + b"}", 400, "malformed_json"),
        (nested(100_000), 400, "malformed_json"),
        (nested(100), 422, "validation_failed"),
        (b'{"name": "a\\u0000b"}', 422, "validation_failed"),
        (b'{"name": "\\ud800"}', 422, "validation_failed"),
        (b'{"name\\u0000": "x"}', 422, "validation_failed"),
        (b'{"name": "x", "settings": NaN}', 422, "validation_failed"),
        (b'{"name": "x", "settings": {"auto_reply_hold_days": 1e999}}', 422, "validation_failed"),
        (b'{"name": "x", "settings": {"auto_reply_hold_days": 99999999999999999999}}', 422, "validation_failed"),
        (b"[]", 422, "validation_failed"),
        (b"null", 422, "validation_failed"),
        (b'"text"', 422, "validation_failed"),
        (b"", 422, "validation_failed"),
        (b'{"name": "' + b"x" * 11_000_000 + b'"}', 413, "payload_too_large"),
        # This took minutes, and blocked all other requests, while the path of every value was built.
        (b'{"' + b"k" * 4_000_000 + b'": [' + b"0," * 2_000_000 + b"0]}", 422, "validation_failed"),
    ],
)
async def test_a_bad_body_is_refused(tenant: Tenant, body: bytes, status: int, code: str) -> None:
    await tenant.refused("POST", "/sequences", status, code, content=body, headers=JSON_BODY)


async def test_errors_of_a_bad_body_are_limited(tenant: Tenant) -> None:
    many = {"name": "x", **{f"{'k' * 500}{number}": 0 for number in range(10_000)}}
    fields = await tenant.refused("POST", "/sequences", 422, "validation_failed", json=many)
    assert (len(fields), {len(field) for field in fields}) == (100, {200})
    [deep] = await tenant.refused(
        "POST", "/sequences", 422, "validation_failed", json={"name": "x", "k" * 5000: {"a": ["\x00"]}}
    )
    assert deep == "k" * 199 + ".a[0]"
    ids = [str(uuid4())] * 100_000
    assert await tenant.refused("POST", "/sequences", 422, "validation_failed", json={"name": ids}) == [""]


async def test_a_body_of_another_type_is_refused(tenant: Tenant) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"):
        headers = {"Content-Type": kind}
        await tenant.refused(
            "POST", "/sequences", 415, "unsupported_media_type", content=b'{"name": "x"}', headers=headers
        )
    await tenant.refused("POST", "/sequences", 415, "unsupported_media_type", content=b'{"name": "x"}')
    merge = {"Content-Type": "application/merge-patch+json; charset=utf-8"}
    await tenant.call("POST", "/sequences", 201, content=b'{"name": "x"}', headers=merge)


async def test_bad_paths_methods_and_queries_are_refused(tenant: Tenant) -> None:
    await tenant.refused("GET", "/nowhere", 404, "not_found")
    await tenant.refused("GET", "/leads/", 404, "not_found")
    response = await tenant.http.request("PATCH", "/sequences")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "allow" in response.headers
    assert await tenant.refused("GET", "/leads/nonsense", 422, "validation_failed") == ["lead_id"]
    assert await tenant.refused("GET", "/leads?search=%00", 422, "validation_failed") == ["search"]
    for limit in ("0", "201", "many", "9" * 30):
        assert await tenant.refused("GET", f"/leads?limit={limit}", 422, "validation_failed") == ["limit"]
    sequence_id = await tenant.sequence()
    await tenant.refused("DELETE", f"/sequences/{sequence_id}/steps/%00", 422, "validation_failed")
    await tenant.refused("DELETE", f"/sequences/{sequence_id}/steps/nothing", 404, "not_found")


async def test_a_cursor_of_another_list_is_refused(tenant: Tenant) -> None:
    lead_id = await tenant.lead()
    for number in range(3):
        await tenant.lead()
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "custom", "name": f"event {number}"})
    of_leads = (await tenant.call("GET", "/leads?limit=1"))["next_cursor"]
    of_timeline = (await tenant.call("GET", f"/leads/{lead_id}/timeline?limit=1"))["next_cursor"]
    cursors = {"/leads": of_timeline, f"/leads/{lead_id}/timeline": of_leads, "/dev/outbox": of_leads}
    for path, cursor in cursors.items():
        for bad in (cursor, "%%%", "é", "bnVsbA", "W10", "eyJhIjoxfQ", "WyJuZXdlc3QiLCAxLCAyXQ", "a" * 499):
            fields = await tenant.refused("GET", path, 422, "invalid_cursor", params={"cursor": bad})
            assert fields == ["cursor"]


MADE_UP: dict[str, list[list[Any]]] = {
    "/leads": [
        ["newest", "0001-01-01T00:00:00+14:00", str(uuid4())],
        ["newest", "9999-12-31T23:59:59-14:00", str(uuid4())],
        ["newest", "2026-03-02T09:00:00Z", 5],
        ["newest", 5, None],
    ],
    "/leads/{lead_id}/timeline": [
        ["timeline", "2026-03-02T09:00:00Z", "\ud800", 1],
        ["timeline", "2026-03-02T09:00:00Z", "\x00", 1],
        ["timeline", "2026-03-02T09:00:00Z", ["log"], 1],
        ["timeline", "0001-01-01T00:00:00+14:00", "log", 1],
        ["timeline", "2026-03-02T09:00:00Z", "log", 2**63],
    ],
    "/sequences/{sequence_id}/executions": [["executions", "9999-12-31T23:59:59-14:00", 1]],
}


async def test_a_forged_cursor_is_refused(tenant: Tenant) -> None:
    """The cursors have the right form, but values that Postgres would refuse."""
    ids = {"lead_id": await tenant.lead(), "sequence_id": await tenant.sequence()}
    for path, cursors in MADE_UP.items():
        for parts in cursors:
            cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
            await tenant.refused("GET", path.format(**ids), 422, "invalid_cursor", params={"cursor": cursor})
    log = f"/sequences/{ids['sequence_id']}/executions"
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        for side in ("from", "to"):
            assert await tenant.refused("GET", log, 422, "validation_failed", params={side: moment}) == [side]


def texts() -> st.SearchStrategy[str]:
    return st.text(st.characters(codec=None), max_size=20)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
    max_leaves=20,
)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=JSON, number=st.integers(0, 10_000))
async def test_no_json_causes_an_internal_error(tenant: Tenant, value: Any, number: int) -> None:
    """Any JSON, also in free-form fields, is accepted and returned, or refused."""
    address = f"{uuid4().hex}@fuzz.example"
    shapes: dict[str, Any] = {
        "/leads": [{"email": address, "custom": value}, {"email": address, "custom": {"k": value}}, value],
        "/sequences": [{"name": "x", "steps": [{**EMAIL, "metadata": {"k": value}}]}, {"name": value}],
        f"/leads/{uuid4()}/events": [value, {"type": "custom", "name": value}],
    }
    for path, bodies in shapes.items():
        body = bodies[number % len(bodies)]
        response = await tenant.raw_json("POST", path, json.dumps(body).encode())
        assert response.status_code < 500, (path, body, response.text)


async def test_a_request_sent_twice_is_carried_out_once(tenant: Tenant, stranger: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence(active=True), await tenant.lead()
    campaign = await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"})
    draft = await tenant.sequence()
    enrollment = {"sequence_id": sequence_id, "lead_ids": [lead_id]}
    # Path, body, and another body that would be accepted.
    posts: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("/sequences", {"name": "Once", "steps": [EMAIL]}, {"name": "Other"}),
        (f"/sequences/{draft}/steps", {**EMAIL, "key": "once"}, {**EMAIL, "key": "other"}),
        ("/leads", {"email": "once@acme.example"}, {"email": "else@acme.example"}),
        ("/campaigns", {"name": "Once"}, {"name": "Other"}),
        (f"/campaigns/{campaign['id']}/leads", {"lead_ids": [lead_id]}, {"lead_ids": [str(uuid4())]}),
        ("/mailboxes", {"email": "once@cadenza.example"}, {"email": "else@cadenza.example"}),
        ("/leads/enroll-in-sequence", enrollment, {**enrollment, "dry_run": True}),
    ]
    for number, (path, body, other) in enumerate(posts):
        headers = {"Idempotency-Key": f"key {number}"}
        first = await tenant.http.post(path, json=body, headers=headers)
        reordered = json.dumps(dict(reversed(body.items())), indent=2).encode()
        again = await tenant.http.post(path, content=reordered, headers={**headers, **JSON_BODY})
        assert first.is_success, first.text
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["idempotent-replayed"] == "true"
        await tenant.refused("POST", path, 409, "idempotency_key_reused", json=other, headers=headers)
    # A key belongs to one tenant and to one call.
    headers = {"Idempotency-Key": "key 2"}
    await stranger.call("POST", "/leads", 201, json={"email": "other@acme.example"}, headers=headers)
    await tenant.refused("POST", "/campaigns", 409, "idempotency_key_reused", json={"name": "x"}, headers=headers)


async def test_a_refusal_leaves_the_key_free(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": "again"}
    await tenant.lead(email="taken@acme.example")
    await tenant.refused("POST", "/leads", 409, "lead_exists", json={"email": "taken@acme.example"}, headers=headers)
    await tenant.call("POST", "/leads", 201, json={"email": "free@acme.example"}, headers=headers)


async def test_simultaneous_requests_with_one_key_create_once(tenant: Tenant) -> None:
    body = {"name": "Once", "steps": [EMAIL]}
    headers = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(tenant.http.post("/sequences", json=body, headers=headers) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await tenant.call("GET", "/sequences"))["items"]) == 1


async def test_simultaneous_edits_are_all_kept(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence([])
    path = f"/sequences/{sequence_id}/steps"
    await asyncio.gather(
        *(tenant.call("POST", path, 201, json={**EMAIL, "key": f"s{n}", "position": 1}) for n in range(8))
    )
    steps = (await tenant.call("GET", path))["items"]
    assert [step["position"] for step in steps] == list(range(1, 9))
    assert (await tenant.call("GET", f"/sequences/{sequence_id}"))["steps_count"] == 8


async def test_simultaneous_activations_create_one_version(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence()
    path = f"/sequences/{sequence_id}"
    await asyncio.gather(*(tenant.call("PUT", path, json={"status": "active"}) for _ in range(8)))
    assert [row.version for row in await tenant.query("SELECT version FROM sequence_versions")] == [1]


# They refer to a sequence, a campaign or an enrollment that may not exist.
NAME_SOMETHING_ELSE = {"/leads/enroll-in-sequence", "/leads/import", "/dev/fast-forward"}


async def test_the_openapi_document_lists_every_error_answer(app: FastAPI, migrated_postgres: EmbeddedPostgres) -> None:
    document = app.openapi()
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["tags"], path
            responses = operation["responses"]
            if f"{method.upper()} {path}" in KEYLESS:
                assert "security" not in operation
                continue
            assert operation["security"], path
            assert {"401", "403", "422", "500", "503"} <= responses.keys(), path
            assert ("404" in responses) == ("{" in path or path in NAME_SOMETHING_ELSE), path
            assert ({"400", "413", "415"} <= responses.keys()) == ("requestBody" in operation), (method, path)
            for status, answer in responses.items():
                if status.startswith(("4", "5")):
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)
    production = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away).openapi()
    assert not [path for path in production["paths"] if path.startswith("/dev")]


async def test_without_postgres_requests_answer_503_with_retry_after(
    migrated_postgres: EmbeddedPostgres, tenant: Tenant
) -> None:
    one = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with one.router.lifespan_context(one), client_of(one, await tenant.key("read")) as http:
        assert (await http.get("/leads")).is_success
        await one.state.context.database.aclose()
        gone = migrated_postgres.app_url.replace(f":{migrated_postgres.port}", ":1")
        object.__setattr__(one.state.context, "database", type(one.state.context.database)(gone))
        response = await http.get("/leads")
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
        ready = await http.get("/readyz")
        assert ready.json()["missing"] == ["postgres", "temporal"]
        assert (await http.get("/healthz")).is_success
