"""Invitations: a link with which the invited user sets a password once."""

import asyncio
import hashlib
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from services.access.passwords import MAX_LENGTH, MIN_LENGTH
from tests.integration.api.client import Tenant, client_of
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.people import (
    PASSWORD,
    accepted,
    browser_of,
    code_of,
    invited,
    made_user,
    person,
    session_status,
    sign_in,
)

OVER = (410, "invitation_over")


async def test_the_link_sets_the_password_and_signs_in(app: FastAPI, tenant: Tenant) -> None:
    user = await made_user(tenant, role="read")
    assert (user["role"], user["password_set_at"]) == ("read", None)
    made = await tenant.call("POST", f"/users/{user['id']}/invitations", 201)
    home, _, token = made["url"].partition("#invitation=")
    assert (home, len(token)) == ("http://api.test/", 43)  # behind the #, so it is sent to no server
    [row] = await tenant.query("SELECT token_hash, expires_at - created_at AS holds FROM invitations")
    assert (row.token_hash, row.holds.days) == (hashlib.sha256(token.encode()).digest(), 7)
    async with browser_of(app) as http:
        answer = await accepted(http, token)
        assert answer.json()["user"]["id"] == user["id"]
        assert await session_status(http) == 200
    assert (await tenant.call("GET", f"/users/{user['id']}"))["password_set_at"] is not None
    [kept] = await tenant.query("SELECT password_hash FROM users")
    assert kept.password_hash.startswith("scrypt$15$8$3$")
    for answer in (await tenant.http.get(f"/users/{user['id']}"), await tenant.http.get("/users")):
        assert "scrypt" not in answer.text


async def test_the_link_leads_to_the_public_url(migrated_postgres: EmbeddedPostgres, tenant: Tenant) -> None:
    user = await made_user(tenant)
    config = AppConfig(migrated_postgres.app_url, public_url="https://cadenza.example/")
    one = create_app(config, temporal_is_away)
    async with one.router.lifespan_context(one), client_of(one, await tenant.key("admin")) as http:
        made = await http.post(f"/users/{user['id']}/invitations", headers={"Host": "evil.example"})
    assert made.json()["url"].startswith("https://cadenza.example/#invitation=")


async def test_an_invitation_works_once(app: FastAPI, tenant: Tenant) -> None:
    user = await made_user(tenant)
    token = await invited(tenant, user)
    async with browser_of(app) as http:
        assert (await accepted(http, token)).status_code == 201
        assert code_of(await accepted(http, token, "another long password")) == OVER
        assert code_of(await sign_in(http, user["email"], "another long password")) == (401, "sign_in_failed")
        for never in ("x", str(uuid4()), "a" * 43):
            assert code_of(await accepted(http, never)) == OVER


async def test_of_two_simultaneous_uses_one_sets_the_password(app: FastAPI, tenant: Tenant) -> None:
    token = await invited(tenant, await made_user(tenant))
    async with browser_of(app) as first, browser_of(app) as second:
        answers = await asyncio.gather(accepted(first, token), accepted(second, token, "another long password"))
    assert sorted(answer.status_code for answer in answers) == [201, 410]
    assert len(await tenant.query("SELECT id FROM sessions")) == 1


async def test_an_invitation_ends_after_seven_days_or_with_a_newer_one(app: FastAPI, tenant: Tenant) -> None:
    user = await made_user(tenant)
    older = await invited(tenant, user)
    token = await invited(tenant, user)
    async with browser_of(app) as http:
        assert code_of(await accepted(http, older)) == OVER
        async with tenant.database.write(tenant.id) as session:
            await session.execute(text("UPDATE invitations SET expires_at = now()"))
        assert code_of(await accepted(http, token)) == OVER
        anew = await invited(tenant, user)  # valid for seven days from now
        assert (await accepted(http, anew)).status_code == 201


@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("x" * (MIN_LENGTH - 1), False),
        ("x" * MIN_LENGTH, True),
        ("            ", True),
        ("ein paar Wörter 🐎", True),
        ("é" * MAX_LENGTH, True),
        ("x" * (MAX_LENGTH + 1), False),
    ],
)
async def test_length_is_the_only_rule_for_passwords(app: FastAPI, tenant: Tenant, password: str, taken: bool) -> None:
    user = await made_user(tenant)
    async with browser_of(app) as http:
        answer = await accepted(http, await invited(tenant, user), password)
        if taken:
            assert (await sign_in(http, user["email"], password)).status_code == 201
        else:
            assert code_of(answer) == (422, "validation_failed")
            assert [error["field"] for error in answer.json()["errors"]] == ["password"]
            assert password not in answer.text


async def test_the_old_password_works_until_a_new_one_is_set(app: FastAPI, tenant: Tenant) -> None:
    user = await person(app, tenant)
    token = await invited(tenant, user)
    async with browser_of(app) as http:
        assert (await sign_in(http, user["email"])).status_code == 201
        assert (await accepted(http, token, "another long password")).status_code == 201
        assert code_of(await sign_in(http, user["email"], PASSWORD)) == (401, "sign_in_failed")
        assert (await sign_in(http, user["email"], "another long password")).status_code == 201


async def test_an_invitation_is_deleted_with_its_user(app: FastAPI, tenant: Tenant) -> None:
    user = await made_user(tenant)
    token = await invited(tenant, user)
    await tenant.call("DELETE", f"/users/{user['id']}", 204)
    async with browser_of(app) as http:
        assert code_of(await accepted(http, token)) == OVER


async def test_only_admins_invite_users(app: FastAPI, tenant: Tenant) -> None:
    editor = await person(app, tenant, role="write")
    async with browser_of(app) as http:
        await sign_in(http, editor["email"])
        for path in (f"/users/{editor['id']}/invitations", f"/users/{uuid4()}/invitations"):
            assert code_of(await http.post(path)) == (403, "insufficient_scope")
    await tenant.refused("POST", f"/users/{uuid4()}/invitations", 404, "not_found")


async def test_users_cannot_delete_themselves_or_change_their_role(app: FastAPI, tenant: Tenant) -> None:
    admin = await person(app, tenant, role="admin")
    own = f"/users/{admin['id']}"
    async with browser_of(app) as http:
        await sign_in(http, admin["email"])
        assert code_of(await http.delete(own)) == (409, "user_in_use")
        assert code_of(await http.patch(own, json={"role": "read"})) == (409, "user_in_use")
        changed = await http.patch(own, json={"name": "Samantha", "role": "admin"})
        assert (changed.status_code, changed.json()["name"]) == (200, "Samantha")
    await tenant.call("PATCH", own, json={"role": "read"})
    await tenant.call("DELETE", own, 204)
