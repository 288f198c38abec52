"""Users with passwords, and browsers with which they sign in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from tests.integration.api.client import Tenant, client_of

CSRF = {"X-Cadenza-CSRF": "1"}
PASSWORD = "correct horse battery staple"
COOKIE = "cadenza_session"


@asynccontextmanager
async def browser_of(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """A client that keeps its cookies and sends the web app's CSRF header."""
    async with client_of(app, None) as http:
        http.headers.update(CSRF)
        yield http


def some_address() -> str:
    return f"{uuid4().hex[:12]}@people.example"


async def made_user(tenant: Tenant, email: str | None = None, role: str = "write") -> dict[str, Any]:
    body = {"email": email or some_address(), "name": "Sam", "role": role}
    return await tenant.call("POST", "/users", 201, json=body)


async def invited(tenant: Tenant, user: dict[str, Any]) -> str:
    """Creates an invitation and returns its token."""
    made = await tenant.call("POST", f"/users/{user['id']}/invitations", 201)
    return made["url"].rpartition("#invitation=")[2]


async def accepted(http: httpx.AsyncClient, token: str, password: str = PASSWORD) -> httpx.Response:
    return await http.post("/invitations/accept", json={"token": token, "password": password})


async def person(
    app: FastAPI, tenant: Tenant, *, email: str | None = None, role: str = "write", password: str = PASSWORD
) -> dict[str, Any]:
    """Creates a user who has that password."""
    user = await made_user(tenant, email, role)
    async with browser_of(app) as http:
        assert (await accepted(http, await invited(tenant, user), password)).status_code == 201
    return user


async def sign_in(
    http: httpx.AsyncClient, email: str, password: str = PASSWORD, tenant_id: str | None = None
) -> httpx.Response:
    return await http.post("/session", json={"email": email, "password": password, "tenant_id": tenant_id})


async def session_status(http: httpx.AsyncClient) -> int:
    """Returns 200 while the browser is signed in, and 401 when it is not."""
    return (await http.get("/session")).status_code


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
