"""Signing in by email and password: it does not reveal which users exist, and guessing is limited."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.app import AppConfig, create_app
from api.requests.sign_in_attempts import OF_AN_EMAIL, SignInAttempts
from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from services.access import sessions
from services.access.passwords import Passwords
from tests.integration.api.client import Tenant, new_tenant
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.people import (
    CSRF,
    PASSWORD,
    accepted,
    browser_of,
    code_of,
    invited,
    made_user,
    person,
    session_status,
    sign_in,
    some_address,
)


@pytest.fixture
async def fresh(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[FastAPI]:
    """An app without counted attempts to sign in. No time passes for its limits, however long a test takes."""
    one = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with one.router.lifespan_context(one):
        one.state.context = replace(one.state.context, attempts=SignInAttempts(now=lambda: 0.0))
        yield one


class Counting(Passwords):
    """Real password hashing that counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    async def _derived(self, password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
        self.made += 1
        return await super()._derived(password, salt, log2_n, r, p)


@contextmanager
def counted(app: FastAPI) -> Iterator[Counting]:
    context, before, counting = app.state.context, app.state.context.passwords, Counting()
    object.__setattr__(context, "passwords", counting)
    yield counting
    object.__setattr__(context, "passwords", before)


async def test_address_and_password_are_normalised_at_sign_in(app: FastAPI, tenant: Tenant) -> None:
    user = await person(app, tenant, password="Ångström ist zwölf lang")
    async with browser_of(app) as http:
        decomposed = "A\N{COMBINING RING ABOVE}ngstro\N{COMBINING DIAERESIS}m ist zwölf lang"
        answer = await sign_in(http, f"  {user['email'].upper()} ", decomposed)
        assert (answer.status_code, answer.json()["user"]["id"]) == (201, user["id"])
        assert await session_status(http) == 200


async def test_who_cannot_sign_in_hears_the_same_after_the_same_work(
    fresh: FastAPI, app: FastAPI, tenant: Tenant, stranger: Tenant
) -> None:
    known = await person(app, tenant)
    without = await made_user(tenant)
    tries: list[tuple[str, str, str | None]] = [
        (some_address(), PASSWORD, None),
        (known["email"], "a wrong password", None),
        (known["email"], PASSWORD.upper(), None),
        (without["email"], PASSWORD, None),
        (known["email"], PASSWORD, str(stranger.id)),
        (known["email"], PASSWORD, str(uuid4())),
    ]
    refusals: set[tuple[int, str]] = set()
    async with browser_of(fresh) as http:
        for email, password, tenant_id in tries:
            with counted(fresh) as hashing:
                answer = await sign_in(http, email, password, tenant_id)
            refusals.add((answer.status_code, answer.text))
            assert code_of(answer) == (401, "sign_in_failed")
            assert "set-cookie" not in answer.headers
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert hashing.made == 1, (email, tenant_id)
        with counted(fresh) as hashing:
            assert (await sign_in(http, known["email"])).status_code == 201
        assert hashing.made == 1
    assert len(refusals) == 1


async def test_a_user_of_several_tenants_must_choose_after_the_right_password(
    app: FastAPI, tenant: Tenant, stranger: Tenant
) -> None:
    email = some_address()
    ours = await person(app, tenant, email=email)
    theirs = await person(app, stranger, email=email)
    async with browser_of(app) as http:
        assert code_of(await sign_in(http, email, "a wrong password")) == (401, "sign_in_failed")
        answer = await sign_in(http, email)
        assert code_of(answer) == (409, "tenant_needed")
        assert "set-cookie" not in answer.headers
        shown = {one["id"]: one["name"] for one in answer.json()["tenants"]}
        assert shown == {str(tenant.id): "Test", str(stranger.id): "Test"}
        for one, user in ((tenant, ours), (stranger, theirs)):
            session = (await sign_in(http, email, tenant_id=str(one.id))).json()
            assert (session["tenant_id"], session["user"]["id"]) == (str(one.id), user["id"])
        # Each tenant's password opens only that tenant, so setting one gives no access to another tenant.
        await accepted(http, await invited(stranger, theirs), "set by somebody else")
        session = (await sign_in(http, email, "set by somebody else")).json()
        assert session["tenant_id"] == str(stranger.id)
        refused = await sign_in(http, email, "set by somebody else", str(tenant.id))
        assert code_of(refused) == (401, "sign_in_failed")


async def test_guessing_a_password_is_throttled(fresh: FastAPI, app: FastAPI, tenant: Tenant) -> None:
    known, other = await person(app, tenant), await person(app, tenant)
    async with browser_of(fresh) as http:
        for _ in range(OF_AN_EMAIL.burst + 1):  # successful attempts do not count
            with counted(fresh):
                assert (await sign_in(http, other["email"])).status_code == 201
        for _ in range(OF_AN_EMAIL.burst):
            assert (await sign_in(http, known["email"], "a wrong password")).status_code == 401
        with counted(fresh) as hashing:
            answer = await sign_in(http, known["email"])
        assert code_of(answer) == (429, "sign_in_throttled")
        assert 0 < int(answer.headers["retry-after"]) <= 90
        assert hashing.made == 0
        assert (await sign_in(http, other["email"])).status_code == 201


async def test_another_tenants_user_does_not_help_to_guess_a_password(
    fresh: FastAPI, app: FastAPI, tenant: Tenant, stranger: Tenant
) -> None:
    """An administrator creates a user with somebody's address, and sets each guess as that user's password."""
    email = some_address()
    theirs, mine = await person(app, tenant, email=email), await made_user(stranger, email)
    async with browser_of(fresh) as http, browser_of(fresh) as elsewhere:
        for number in range(OF_AN_EMAIL.burst):
            guess = f"a guess, number {number}"
            await accepted(elsewhere, await invited(stranger, mine), guess)
            assert (await sign_in(http, email, guess)).json()["tenant_id"] == str(stranger.id)
        assert code_of(await sign_in(http, email, guess)) == (429, "sign_in_throttled")
        # With a tenant ID only one password is compared, so a successful attempt does not count.
        fresh.state.context.attempts.was_right(email, "127.0.0.1")
        for _ in range(2):
            session = (await sign_in(http, email, tenant_id=str(tenant.id))).json()
            assert session["user"]["id"] == theirs["id"]


async def test_an_unknown_key_cannot_sign_in(app: FastAPI) -> None:
    async with browser_of(app) as http:
        for key in ("cdz_wrong_key", "cdz_" + "x" * 41):
            assert code_of(await http.post("/session", json={"api_key": key})) == (401, "unauthorized")
        assert dict(http.cookies) == {}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password"]),
        ({"api_key": "k", "email": "a@b.example"}, ["email"]),
        ({"api_key": 1}, ["api_key"]),
        ({"email": "no address", "password": "p"}, ["email"]),
        ({"email": "a@b.example", "password": "p" * 257}, ["password"]),
        ({"email": "a@b.example", "password": "p", "tenant_id": "mine"}, ["tenant_id"]),
        ([], [""]),
        ("text", [""]),
    ],
)
async def test_missing_fields_are_named(app: FastAPI, body: Any, fields: list[str]) -> None:
    async with browser_of(app) as http:
        answer = await http.post("/session", json=body)
        assert code_of(answer) == (422, "validation_failed")
        assert [error["field"] for error in answer.json()["errors"]] == fields
        assert (await http.post("/session", content=b"x" * 20_000)).status_code == 413


async def test_a_password_changed_during_sign_in_starts_no_session(app: FastAPI, tenant: Tenant) -> None:
    """The password changes after it was checked and before the session is created: there must be no session."""
    user = await person(app, tenant)
    [row] = await tenant.query("SELECT id, password_hash FROM users")
    async with browser_of(app) as http:
        await accepted(http, await invited(tenant, user), "another long password")
    async with tenant.database.write(tenant.id) as session:
        assert await sessions.begin_for_user(session, row.id, row.password_hash) is None


async def test_the_audit_log_has_the_users_id_and_no_personal_data(app: FastAPI, database: Database) -> None:
    async with new_tenant(app, database) as tenant:
        user = await person(app, tenant, role="admin")
        async with browser_of(app) as http:
            await sign_in(http, user["email"], "a wrong password")
            await sign_in(http, some_address(), "a wrong password")
            session_of_user = (await sign_in(http, user["email"])).json()
            assert session_of_user["user"]["id"] == user["id"]
            other = (await http.post("/users", json={"email": some_address()})).json()
            await http.post(f"/users/{other['id']}/invitations")
            await http.delete("/session")
            await http.post("/session", json={"api_key": await tenant.key("read")}, headers=CSRF)
        entries = (await tenant.call("GET", "/audit-log?limit=200"))["items"]
        shown = {(one["action"], one["user_id"], one["target_id"]) for one in entries}
        assert ("session.refused", None, user["id"]) in shown
        assert ("user.password_set", user["id"], user["id"]) in shown
        assert ("user.created", user["id"], other["id"]) in shown
        assert ("user.invited", user["id"], other["id"]) in shown
        by_person = [one for one in entries if one["user_id"] == user["id"]]
        assert {one["api_key_id"] for one in by_person} == {None}
        # Two sessions began, by accepting the invitation and by signing in; one was ended by signing out.
        assert [one["action"] for one in by_person].count("session.created") == 2
        ended = [one["target_id"] for one in by_person if one["action"] == "session.ended"]
        assert len(ended) == 1
        assert ("session.created", user["id"], ended[0]) in shown
        [by_key] = [one for one in entries if one["action"] == "session.created" and one["user_id"] is None]
        assert by_key["api_key_id"] is not None
        assert len([one for one in entries if one["action"] == "session.refused"]) == 1
        kept = str(await tenant.query("SELECT to_jsonb(a)::text FROM audit_log a"))
        assert [one for one in (user["email"], other["email"], "password" + "_hash", PASSWORD) if one in kept] == []
