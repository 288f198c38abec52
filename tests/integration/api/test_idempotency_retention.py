"""Answers that are stored by Idempotency-Key are deleted after a month."""

from datetime import timedelta

from sqlalchemy import text

from db.calls.access import ForgetOldAnswers
from tests.integration.api.client import Tenant


async def test_a_month_old_answer_is_deleted_and_the_request_is_carried_out_again(tenant: Tenant) -> None:
    async def create(key: str) -> str:
        made = await tenant.call("POST", "/campaigns", 201, json={"name": "Fair"}, headers={"Idempotency-Key": key})
        return made["id"]

    old, new = await create("old"), await create("new")
    async with tenant.database.write(tenant.id) as session:
        await session.execute(
            text("UPDATE idempotency_keys SET created_at = now() - interval '31 days' WHERE key = 'old'")
        )

    assert await ForgetOldAnswers(older_than=timedelta(days=30)).alone(tenant.database) >= 1

    assert await create("new") == new
    assert await create("old") != old
