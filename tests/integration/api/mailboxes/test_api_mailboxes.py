"""Mailboxes over the API: servers, limits, and passwords that are never returned."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from api.app_context import AppContext
from db.session import Database
from services.secret_box import SecretBox
from tests.integration.api.client import Tenant, new_tenant
from tests.integration.api.conftest import SECRETS, temporal_is_away

PASSWORD = "correct horse battery staple"
SMTP = {
    "host": "smtp.sender.example",
    "port": 587,
    "security": "starttls",
    "username": "sam@sender.example",
    "password": PASSWORD,
}
IMAP = {**SMTP, "host": "imap.sender.example", "port": 993, "security": "tls"}


async def create(tenant: Tenant, **fields: Any) -> Any:
    return await tenant.call("POST", "/mailboxes", 201, json={"email": "sam@sender.example", **fields})


async def row_of(tenant: Tenant) -> Any:
    [row] = await tenant.query("SELECT * FROM mailboxes")
    return row


async def test_every_setting_of_a_mailbox_is_stored(tenant: Tenant) -> None:
    settings = {
        "name": "Sam",
        "timezone": "Europe/Berlin",
        "weight": 3,
        "daily_cap": 50,
        "hourly_cap": 10,
        "min_gap_seconds": 90,
        "gap_jitter_seconds": 45,
        "ramp": {"start": 5, "increase": 2, "started_on": "2026-11-02"},
        "working_hours": {"days": ["mon", "fri"], "start": "08:30", "end": "18:00"},
    }
    made = await create(tenant, **settings, smtp=SMTP, imap=IMAP)
    assert {name: made[name] for name in settings} == settings
    found = await tenant.call("GET", f"/mailboxes/{made['id']}")
    assert (found.pop("inbox")["status"], found) == ("starting", made | {"sent_today": 0})
    emptied: dict[str, Any] = {
        "daily_cap": None,
        "hourly_cap": None,
        "ramp": None,
        "working_hours": None,
        "smtp": None,
        "imap": None,
    }
    changed = await tenant.call("PATCH", f"/mailboxes/{made['id']}", json={**emptied, "weight": None})
    assert changed | {"updated_at": ""} == made | emptied | {"updated_at": ""}
    row = await row_of(tenant)
    assert (row.smtp, row.imap, row.smtp_password, row.imap_password, row.ramp_started_on) == (None,) * 5


async def test_a_password_is_encrypted_and_in_no_answer(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"email": "sam@sender.example", "smtp": SMTP, "imap": IMAP}
    made = await tenant.http.post("/mailboxes", json=body, headers=headers)
    again = await tenant.http.post("/mailboxes", json=body, headers=headers)
    path = f"/mailboxes/{made.json()['id']}"
    answers = [made, again, await tenant.http.get("/mailboxes"), await tenant.http.get(path)]
    answers.append(await tenant.http.patch(path, json={"name": "Sam", "smtp": {**SMTP, "port": "x"}}))
    answers.append(await tenant.http.patch(path, json={"smtp": {**SMTP, "password": [PASSWORD]}}))
    answers.append(await tenant.http.patch(path, json={"smtp": {**SMTP, "password": PASSWORD * 50}}))
    assert [one.status_code for one in answers] == [201, 201, 200, 200, 422, 422, 422]
    assert not [one.text for one in answers if PASSWORD in one.text]
    assert made.json()["smtp"] == {**{k: v for k, v in SMTP.items() if k != "password"}, "has_password": True}
    row = await row_of(tenant)
    assert PASSWORD not in str(row) and SECRETS.open(row.smtp_password) == SECRETS.open(row.imap_password) == PASSWORD
    [kept] = await tenant.query("SELECT * FROM idempotency_keys")
    assert PASSWORD not in str(kept)


async def test_a_mailbox_counts_emails_of_its_own_day(tenant: Tenant) -> None:
    # In this time zone it is about noon, so its day does not end during the test.
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    mailbox, other = await create(tenant, timezone=zone), await create(tenant, email="kim@acme.example", timezone=zone)
    midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    second, day = timedelta(seconds=1), timedelta(days=1)
    slots = [
        ("used", midnight),
        ("used", midnight + day - second),
        ("used", midnight - second),
        ("used", midnight + day),
        ("held", midnight + day - second),
    ]
    async with tenant.database.write(tenant.id) as session:
        for status, at in slots:
            await session.execute(
                text(
                    "INSERT INTO send_slots (tenant_id, mailbox_id, step_id, visit, status, at, day)"
                    " VALUES (:tenant_id, :mailbox_id, gen_random_uuid(), 1, :status, :at, :day)"
                ),
                {
                    "tenant_id": tenant.id,
                    "mailbox_id": UUID(mailbox["id"]),
                    "status": status,
                    "at": at,
                    "day": at.date(),
                },
            )
    assert (await tenant.call("GET", f"/mailboxes/{mailbox['id']}"))["sent_today"] == 2
    assert (await tenant.call("GET", f"/mailboxes/{other['id']}"))["sent_today"] == 0


async def test_a_server_set_without_a_password_keeps_the_old_one(tenant: Tenant) -> None:
    made = await create(tenant, smtp=SMTP)
    path, sealed = f"/mailboxes/{made['id']}", (await row_of(tenant)).smtp_password
    kept = {k: v for k, v in SMTP.items() if k != "password"}
    changed = await tenant.call("PATCH", path, json={"smtp": {**kept, "username": "samira"}})
    assert (changed["smtp"]["username"], changed["smtp"]["has_password"]) == ("samira", True)
    await tenant.call("PATCH", path, json={"daily_cap": 5})
    assert (await row_of(tenant)).smtp_password == sealed
    changed = await tenant.call("PATCH", path, json={"smtp": {**SMTP, "username": "", "password": None}})
    assert changed["smtp"]["has_password"] is False and (await row_of(tenant)).smtp_password is None


@pytest.mark.parametrize("change", [{"host": "smtp.evil.example"}, {"port": 2525}, {"security": "none"}])
async def test_a_stored_password_is_never_used_for_another_server(tenant: Tenant, change: dict[str, Any]) -> None:
    made = await create(tenant, smtp=SMTP)
    path, sealed = f"/mailboxes/{made['id']}", (await row_of(tenant)).smtp_password
    moved = {**{k: v for k, v in SMTP.items() if k != "password"}, **change}
    assert await tenant.refused("PATCH", path, 422, "validation_failed", json={"smtp": moved}) == ["smtp.password"]
    row = await row_of(tenant)
    assert (row.smtp["host"], row.smtp_password) == (SMTP["host"], sealed)
    changed = await tenant.call("PATCH", path, json={"smtp": {**moved, "password": "another"}})
    assert changed["smtp"] == {**moved, "has_password": True}
    assert SECRETS.open((await row_of(tenant)).smtp_password) == "another"


@pytest.mark.parametrize(
    ("server", "field"),
    [
        ({"smtp": {**SMTP, "host": "no host"}}, "smtp.host"),
        ({"smtp": {**SMTP, "host": "x\r\nQUIT"}}, "smtp.host"),
        ({"smtp": {**SMTP, "port": 0}}, "smtp.port"),
        ({"smtp": {**SMTP, "username": ""}}, "smtp.username"),
        ({"smtp": {**SMTP, "password": ""}}, "smtp.password"),
        ({"smtp": {**SMTP, "username": "a\r\nb"}}, "smtp.username"),
        ({"imap": {"host": "imap.sender.example", "port": 993, "security": "tls"}}, "imap.password"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"daily_cap": 0}, "daily_cap"),
        ({"ramp": {"start": 1, "increase": 1}}, "ramp.started_on"),
        ({"working_hours": {"start": "9 am"}}, "working_hours.start"),
        ({"smtp_password": "x"}, "smtp_password"),
    ],
)
async def test_invalid_mailbox_settings_are_refused(tenant: Tenant, server: dict[str, Any], field: str) -> None:
    body = {"email": "sam@sender.example", **server}
    assert await tenant.refused("POST", "/mailboxes", 422, "validation_failed", json=body) == [field]


async def test_a_hold_by_hand_has_a_time_and_no_reason(tenant: Tenant) -> None:
    made = await create(tenant)
    assert (made["held_at"], made["hold_reason"]) == (None, None)
    path = f"/mailboxes/{made['id']}"
    held = await tenant.call("PATCH", path, json={"status": "held"})
    assert held["held_at"] and held["hold_reason"] is None
    assert (await tenant.call("PATCH", path, json={"status": "held"}))["held_at"] == held["held_at"]
    assert (await tenant.call("PATCH", path, json={"status": "active"}))["held_at"] is None
    assert (await create(tenant, email="kim@sender.example", status="held"))["held_at"]


@pytest.fixture
async def strict(app: FastAPI, database: Database) -> AsyncGenerator[Tenant]:
    """A tenant of an API with production settings."""
    running: AppContext = app.state.context
    config: AppConfig = replace(running.config, mail_allow_private=False)
    one = create_app(config, temporal_is_away)
    async with one.router.lifespan_context(one), new_tenant(one, database) as tenant:
        yield tenant


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.7", "2130706433", "0x7f.1", "::1", "169.254.169.254", "::ffff:10.1.2.3", "100.64.0.1"]
)
@pytest.mark.parametrize("kind", ["smtp", "imap"])
async def test_servers_in_private_networks_are_refused(strict: Tenant, host: str, kind: str) -> None:
    body = {"email": "sam@sender.example", kind: {**IMAP, "host": host}}
    problem = await strict.call("POST", "/mailboxes", 422, json=body)
    assert [(one["field"], one["code"]) for one in problem["errors"]] == [(f"{kind}.host", "private_address")]


async def test_a_password_requires_tls(strict: Tenant) -> None:
    body = {"email": "sam@sender.example", "smtp": {**SMTP, "security": "none"}}
    problem = await strict.call("POST", "/mailboxes", 422, json=body)
    assert [one["code"] for one in problem["errors"]] == ["password_in_the_clear"]
    await strict.call(
        "POST", "/mailboxes", 201, json=body | {"smtp": {"host": "relay.example", "port": 25, "security": "none"}}
    )


async def test_without_secret_keys_passwords_are_refused(app: FastAPI, database: Database) -> None:
    running: AppContext = app.state.context
    keyless = create_app(replace(running.config, secrets=SecretBox()), temporal_is_away)
    async with keyless.router.lifespan_context(keyless), new_tenant(keyless, database) as tenant:
        body = {"email": "sam@sender.example", "smtp": SMTP}
        await tenant.refused("POST", "/mailboxes", 409, "secret_keys_missing", json=body)
        await create(tenant)
