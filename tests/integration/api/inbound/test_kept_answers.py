"""Answers by Idempotency-Key are kept for a while, not for ever."""

from datetime import timedelta

from sqlalchemy import text

from db.queries import idempotency
from tests.integration.api.client import Tenant


async def test_an_answer_that_is_a_month_old_is_forgotten_and_the_request_is_a_new_one(tenant: Tenant) -> None:
    async def create(key: str) -> str:
        made = await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"}, headers={"Idempotency-Key": key})
        return made["id"]

    old, new = await create("old"), await create("new")
    async with tenant.database.write(tenant.id) as session:
        await session.execute(
            text("UPDATE idempotency_keys SET created_at = now() - interval '31 days' WHERE key = 'old'")
        )

    assert await idempotency.forget_old(tenant.database, timedelta(days=30)) >= 1

    assert await create("new") == new
    assert await create("old") != old
