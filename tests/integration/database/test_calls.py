"""The hot path's calls: parameters by name, JSON both ways, errors as a session's, alive after Postgres was away."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cadenza.embedded.postgres import EmbeddedPostgres
from db.call_pool import Call
from db.session import Database


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database, None]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


def test_a_parameter_keeps_its_number_and_a_cast_is_none() -> None:
    call = Call("SELECT f(:b, :a, :b)::text")
    assert (call.sql, call.names) == ("SELECT f($1, $2, $1)::text", ["b", "a"])


@pytest.mark.parametrize("value", [{"a": [1, None, "ü"]}, [], None, {"deep": {"er": True}}])
async def test_json_goes_in_and_comes_out(database: Database, value: Any) -> None:
    assert await database.calls.value(Call("SELECT CAST(:value AS jsonb)"), {"value": value}) == value


async def test_an_error_is_a_sessions_error_without_its_parameters(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed:
        await database.calls.value(Call("SELECT CAST(:secret AS text)::integer"), {"secret": "ada@acme.example"})
    assert "ada@acme.example" not in str(failed.value.statement)
    assert failed.value.params is None


async def test_calls_go_on_after_their_connections_were_cut(
    database: Database, migrated_postgres: EmbeddedPostgres
) -> None:
    own = Call("SELECT pg_backend_pid()")
    before = await database.calls.value(own, {})
    superuser = Database(migrated_postgres.superuser_url)
    await superuser.call(text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
    await superuser.aclose()
    answers: list[int] = []
    for _ in range(3):
        # The first ones may be those that find out; whoever made them (an activity) tries again.
        with contextlib.suppress(DBAPIError, OSError):
            answers.append(await database.calls.value(own, {}))
    assert answers
    assert before not in answers
