"""Nothing of one tenant can be seen or touched from another, by any way in.

The ways are not listed here by hand: operations come from the OpenAPI document, tables, views and functions from
Postgres' catalogs. One that is new and not told of here fails the test that finds it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cadenza.embedded import EmbeddedPostgres
from cadenza.postgres_roles import DATABASE
from db.session import Database
from mail.outbox_store import OutboxStore
from tests.integration.api.client import EMAIL, Tenant, client_of
from tests.integration.api.test_api_inbound import mailed

# Ways in that need no key, each with what guards it instead.
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
# Functions that run with more rights than the app's, and what each may tell.
DEFINERS = {
    "find_api_key": "whose a key is, to whoever has the key",
    "find_session": "whose a session is, to whoever has its token",
    "find_passwords": "whose an address is, and hashes of passwords, to whoever has the address",
    "find_invitation": "whose an invitation is, to whoever has its token",
    "tenants_with_work": "IDs of tenants, to the dispatcher",
    "tenants_with_webhooks": "IDs of tenants, to the deliverer",
    "tenants_choosing_winners": "IDs of tenants, to the schedule",
    "tenants_with_secrets": "IDs of tenants, to whoever changes the keys",
    "tenants_on_the_way": "IDs of tenants, to whoever has restored a backup",
    "find_inbound_tenant": "the ID of a tenant, to whoever has a Message-ID or a mailbox of it",
    "unwatched_mailboxes": "IDs of tenants and mailboxes, to the schedule",
    "refresh_sequence_performance": "nothing",
    "maintain_execution_log": "nothing",
    "forget_old_webhooks": "a number",
    "forget_old_answers": "a number",
    "installation_gauges": "sums over all tenants, to whoever scrapes /metrics",
}
# Words in the names of fields that are no reference to a thing of a tenant.
NO_REFERENCE = {"event_id"}  # the sender's own


@dataclass
class Things:
    """A tenant with one of everything: `ids` by the names that paths and bodies give them."""

    tenant: Tenant
    ids: dict[str, str]


async def things_of(tenant: Tenant, capture_dir: Path) -> Things:
    lead_id, _, message_id = await mailed(tenant)
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
    captured = OutboxStore(capture_dir).save("a@x.example", ["b@x.example"], raw)
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
    return Things(tenant, ids)


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


@pytest.fixture
async def ours(tenant: Tenant, capture_dir: Path) -> Things:
    return await things_of(tenant, capture_dir)


@pytest.fixture
async def theirs(stranger: Tenant, capture_dir: Path) -> Things:
    return await things_of(stranger, capture_dir)


@pytest.fixture
async def all_seeing(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[asyncpg.Connection]:
    """A connection that no policy binds."""
    connection = await asyncpg.connect(migrated_postgres.superuser_url.rpartition("/")[0] + f"/{DATABASE}")
    yield connection
    await connection.close()


async def tables(connection: asyncpg.Connection) -> dict[str, str]:
    """Every table of the schema with the column that names its tenant. Partitions are read through their parents."""
    rows = await connection.fetch(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'"
    )
    return {row["relname"]: "id" if row["relname"] == "tenants" else "tenant_id" for row in rows}


async def snapshot(connection: asyncpg.Connection, tenant_id: UUID) -> dict[str, tuple[int, str]]:
    """How many rows of the tenant each table holds, and a digest of them."""
    found: dict[str, tuple[int, str]] = {}
    for table, column in (await tables(connection)).items():
        row = await connection.fetchrow(
            f"SELECT count(*) AS n, coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS digest"
            f" FROM {table} t WHERE {column} = $1",
            tenant_id,
        )
        found[table] = (row["n"], row["digest"])
    return found


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


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


def references(app: FastAPI) -> set[tuple[str, str]]:
    """Every field of a body or a query that names something by its ID: (operation, field)."""
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


Check = Callable[[Things, Things], Awaitable[None]]


def _enrolling(field: str) -> Check:
    async def check(ours: Things, theirs: Things) -> None:
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
    async def check(ours: Things, theirs: Things) -> None:
        body = {"sequence_id": theirs.ids["sequence_id"]}
        path = f"/leads/{ours.ids['lead_id']}/{verb}-sequence"
        await ours.tenant.refused("POST", path, 404, "not_found", json=body)

    return check


def _owning(method: str) -> Check:
    async def check(ours: Things, theirs: Things) -> None:
        path = "/leads" if method == "POST" else f"/leads/{ours.ids['lead_id']}"
        body = {"email": "new@acme.example", "owner_id": theirs.ids["user_id"]}
        assert await ours.tenant.refused(method, path, 422, "validation_failed", json=body) == ["owner_id"]

    return check


def _filtering(path: str, field: str) -> Check:
    async def check(ours: Things, theirs: Things) -> None:
        answer = await ours.tenant.call("GET", f"{path.format_map(ours.ids)}?{field}={theirs.ids[field]}")
        # What is for everybody of one's own tenant may be in it.
        assert all(one.get(field) is None for one in answer["items"])

    return check


async def _adding(ours: Things, theirs: Things) -> None:
    path, body = f"/campaigns/{ours.ids['campaign_id']}/leads", {"lead_ids": [theirs.ids["lead_id"]]}
    answer = await ours.tenant.call("POST", path, json=body)
    assert (answer["added"], [one["code"] for one in answer["skipped"]]) == ([], ["not_found"])


async def _assigning(ours: Things, theirs: Things) -> None:
    path, body = f"/campaigns/{ours.ids['campaign_id']}/assign-sequence", {"sequence_id": theirs.ids["sequence_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _previewing(ours: Things, theirs: Things) -> None:
    path, body = f"/sequences/{ours.ids['sequence_id']}/preview", {"lead_id": theirs.ids["lead_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _previewing_a_message(ours: Things, theirs: Things) -> None:
    path, body = f"/sequences/{ours.ids['sequence_id']}/preview-message", {"lead_id": theirs.ids["lead_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _previewing_from(ours: Things, theirs: Things) -> None:
    path = f"/sequences/{ours.ids['sequence_id']}/preview-message"
    body = {"lead_id": ours.ids["lead_id"], "mailbox_id": theirs.ids["mailbox_id"]}
    assert (await ours.tenant.call("POST", path, json=body))["from"] is None


async def _telling(ours: Things, theirs: Things) -> None:
    path, body = f"/leads/{ours.ids['lead_id']}/events", {"type": "reply", "message_id": theirs.ids["message_id"]}
    await ours.tenant.refused("POST", path, 404, "not_found", json=body)


async def _forwarding(ours: Things, theirs: Things) -> None:
    body = {"by": "PT1H", "enrollment_id": theirs.ids["enrollment_id"]}
    await ours.tenant.refused("POST", "/dev/fast-forward", 404, "not_found", json=body)


async def _signing_in(ours: Things, theirs: Things) -> None:
    body = {"email": "u@x.example", "password": "whatever it may be", "tenant_id": theirs.ids["tenant_id"]}
    headers = {"X-Cadenza-CSRF": "1"}
    await ours.tenant.refused("POST", "/session", 401, "sign_in_failed", json=body, headers=headers)


async def _picking(ours: Things, theirs: Things) -> None:
    path = f"/leads?id={theirs.ids['lead_id']}&id={ours.ids['lead_id']}"
    assert [one["id"] for one in (await ours.tenant.call("GET", path))["items"]] == [ours.ids["lead_id"]]


async def _gathering(ours: Things, theirs: Things) -> None:
    path, csv = f"/leads/import?campaign_id={theirs.ids['campaign_id']}", {"Content-Type": "text/csv"}
    file = b"email\nnew@acme.example\n"
    await ours.tenant.refused("POST", path, 404, "not_found", content=file, headers=csv)


def _sharing_out(operation: str) -> Check:
    """A draft may name anything; it is looked for when the sequence is to run."""

    async def check(ours: Things, theirs: Things) -> None:
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


async def test_every_reference_in_a_body_or_a_query_to_a_thing_of_another_tenant_finds_none(
    app: FastAPI, ours: Things, theirs: Things, all_seeing: asyncpg.Connection
) -> None:
    # A field that is not known here: say in REFERENCES what another tenant's ID in it must lead to.
    assert references(app) == set(REFERENCES)
    before = await snapshot(all_seeing, theirs.tenant.id)
    for check in REFERENCES.values():
        await check(ours, theirs)
    assert await snapshot(all_seeing, theirs.tenant.id) == before


async def test_references_inside_steps_find_none_of_another_tenant(ours: Things, theirs: Things) -> None:
    """Configs are free-form in the document: what they may name is looked for at activation."""
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


async def test_every_table_is_closed_to_other_tenants(
    database: Database, ours: Things, theirs: Things, all_seeing: asyncpg.Connection
) -> None:
    before = await snapshot(all_seeing, theirs.tenant.id)
    empty = {table for table, (count, _) in before.items() if not count}
    assert empty == set(), "give `things_of` a row of each"
    for table, column in (await tables(all_seeing)).items():
        theirs_id = {"theirs": theirs.tenant.id}
        async with database.read(ours.tenant.id) as session:
            count = text(f"SELECT count(*) FROM {table} WHERE {column} = :theirs")
            assert await session.scalar(count, theirs_id) == 0, table
            assert (await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) > 0, table
        assert await database.call(text(f"SELECT count(*) FROM {table}"), {}) == 0, f"{table} without a tenant"
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            try:
                async with database.write(ours.tenant.id) as session:
                    changed = text(f"{statement} WHERE {column} = :theirs RETURNING 1")
                    assert (await session.execute(changed, theirs_id)).all() == [], statement
            except DBAPIError as refused:
                assert "permission denied" in str(refused), statement
        with pytest.raises(DBAPIError, match=r"row-level security|foreign key|permission denied|duplicate key"):
            async with database.write(ours.tenant.id) as session:
                await session.execute(text(f"UPDATE {table} SET {column} = :theirs"), theirs_id)
    assert await snapshot(all_seeing, theirs.tenant.id) == before


async def test_views_show_ones_own_only_and_what_has_no_policies_is_out_of_reach(
    database: Database, ours: Things, theirs: Things, all_seeing: asyncpg.Connection
) -> None:
    await all_seeing.execute("SELECT refresh_sequence_performance()")
    rows = await all_seeing.fetch(
        "SELECT c.relname, c.relkind::text AS kind, has_table_privilege('cadenza_app', c.oid, 'SELECT') AS readable"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND (relkind IN ('v', 'm') OR relispartition)"
    )
    names = {row["relname"]: row for row in rows}
    assert {"sequence_performance", "tenant_sequence_performance"} <= set(names)
    for name, row in names.items():
        assert row["readable"] == (row["kind"] == "v"), name
        if row["kind"] == "v":
            async with database.read(ours.tenant.id) as session:
                seen = set((await session.scalars(text(f"SELECT tenant_id FROM {name}"))).all())
            assert seen == {ours.tenant.id}, name
            assert await database.call(text(f"SELECT count(*) FROM {name}"), {}) == 0, f"{name} without a tenant"


async def test_functions_with_more_rights_than_the_app_are_known(all_seeing: asyncpg.Connection) -> None:
    rows = await all_seeing.fetch(
        "SELECT proname, has_function_privilege('public', p.oid, 'EXECUTE') AS open,"
        " array_to_string(proconfig, ',') AS settings"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public' AND prosecdef"
    )
    assert {row["proname"] for row in rows} == set(DEFINERS)
    for row in rows:
        assert not row["open"], row["proname"]
        # What it calls by name is what its author meant, whatever the caller has made.
        assert "search_path=public, pg_temp" in row["settings"].replace('"', ""), row["proname"]


async def test_a_message_id_of_another_tenant_leads_into_that_tenant_only(database: Database, ours: Things) -> None:
    """What the inbound webhook asks before it knows a tenant: an ID, and nothing of what is behind it."""
    find = text("SELECT find_inbound_tenant(:ids, :addresses)")
    found = await database.call(find, {"ids": [ours.ids["message_id"]], "addresses": []})
    assert found == ours.tenant.id
    assert await database.call(find, {"ids": [f"<{uuid4()}@x>"], "addresses": []}) is None
