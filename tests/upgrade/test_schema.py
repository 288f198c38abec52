"""The database of an older release, once it is migrated, is the same as a new one."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_copy import load
from cadenza.embedded.postgres_roles import OWNER
from cadenza.maintenance import archive
from cadenza.maintenance.migrate import upgrade
from tests.schema_snapshot import schema_of

HERE = Path(__file__).parent
RELEASES = sorted((HERE / "releases").glob("*.xz"))
# What the previous release calls: its workers run beside this release's during a deployment (rule 4 of
# docs/code-versions.md). Written by make_release.py.
PREVIOUS = HERE / "releases" / "previous-functions.txt"


@pytest.fixture(params=RELEASES, ids=lambda file: file.name.partition(".backup")[0])
async def older(request: pytest.FixtureRequest) -> AsyncGenerator[EmbeddedPostgres]:
    """A server with the database of an older release, as it was copied."""
    with tempfile.TemporaryDirectory(prefix="cadenza-tests-") as name:
        folder = Path(name)
        with archive.opened(request.param) as (manifest, members):
            archive.unpack(request.param, manifest, members, folder)
        async with EmbeddedPostgres(folder, durable=False) as server:
            await load(server, folder / archive.POSTGRES, folder / "restore.log")
            yield server


async def test_an_upgraded_schema_is_the_same_as_a_new_one(older: EmbeddedPostgres) -> None:
    """Tables, columns, defaults, indexes, constraints, policies, grants, owners, functions, views and triggers."""
    before = await schema_of(older.owner_url)
    await asyncio.to_thread(upgrade, older.owner_url)
    await older.create_database("new")
    await asyncio.to_thread(upgrade, older.url(OWNER, "new"))
    upgraded, new = await schema_of(older.owner_url), await schema_of(older.url(OWNER, "new"))
    assert upgraded == new
    assert len(new) > 800
    assert before != new, "the comparison can fail, and the fixture is of an older release"


async def test_what_the_previous_release_calls_is_still_there(migrated_postgres: EmbeddedPostgres) -> None:
    called = PREVIOUS.read_text("utf-8").splitlines()
    assert len(called) > 100
    connection = await asyncpg.connect(migrated_postgres.owner_url)
    gone = [
        signature
        for signature in called
        if not await connection.fetchval("SELECT coalesce(to_regprocedure($1)::oid, to_regclass($1)::oid)", signature)
    ]
    await connection.close()
    assert gone == [], "an incompatible function gets a new name, and the old one stays for one release"
