"""The embedded PostgreSQL: its roles, its data after restarts and kills, and one-line errors."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import superuser
from cadenza.errors import StartError
from tests.server_folder import temporary_server_folder


@pytest.fixture
def folder() -> Generator[Path, None, None]:
    with temporary_server_folder() as made:
        yield made


async def test_each_role_has_only_its_rights(postgres_server: EmbeddedPostgres) -> None:
    roles = text("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = :name")
    async with superuser(postgres_server.superuser_url) as connection:
        seen = {
            name: tuple((await connection.execute(roles, {"name": name})).one())
            for name in ("cadenza_owner", "cadenza_app", "cadenza_system")
        }
        owned = await connection.scalar(
            text("SELECT count(*) FROM pg_shdepend WHERE refobjid = 'cadenza_app'::regrole AND deptype = 'o'")
        )
    assert seen == {
        "cadenza_owner": (False, False, True),
        "cadenza_app": (False, False, True),
        "cadenza_system": (False, True, False),
    }
    assert owned == 0
    await postgres_server.create_database("roles")
    async with superuser(postgres_server.url("cadenza_owner", "roles")) as owner:
        await owner.execute(text("GRANT CREATE ON SCHEMA public TO cadenza_system"))
        await owner.execute(
            text("CREATE FUNCTION who() RETURNS name LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user'")
        )
        await owner.execute(text("ALTER FUNCTION who() OWNER TO cadenza_system"))
    async with superuser(postgres_server.url("cadenza_app", "roles")) as app:
        assert await app.scalar(text("SELECT who()")) == "cadenza_system"
    await postgres_server.drop_database("roles")


async def test_a_database_can_be_a_copy_of_another(postgres_server: EmbeddedPostgres) -> None:
    await postgres_server.create_database("original")
    async with superuser(postgres_server.url("cadenza_owner", "original")) as owner:
        await owner.execute(text("CREATE TABLE kept AS SELECT 7 AS value"))
    await postgres_server.create_database("copy:1", template="original")
    async with superuser(postgres_server.url("cadenza_owner", "copy:1")) as owner:
        assert await owner.scalar(text("SELECT value FROM kept")) == 7
    for name in ("original", "copy:1"):
        await postgres_server.drop_database(name)


async def test_the_server_listens_on_loopback_only(postgres_server: EmbeddedPostgres) -> None:
    assert postgres_server.pid is not None
    addresses = {
        connection.laddr
        for connection in psutil.Process(postgres_server.pid).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {("127.0.0.1", postgres_server.port)}


async def test_data_survives_a_restart_on_another_port(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as first, superuser(first.owner_url) as owner:
        await owner.execute(text("CREATE TABLE kept AS SELECT 7 AS value"))
    async with EmbeddedPostgres(folder) as second:
        assert second.port != first.port
        async with superuser(second.owner_url) as owner:
            assert await owner.scalar(text("SELECT value FROM kept")) == 7


async def test_data_survives_kill_9(folder: Path) -> None:
    first = EmbeddedPostgres(folder)
    await first.start()
    async with superuser(first.owner_url) as owner:
        await owner.execute(text("CREATE TABLE kept AS SELECT 7 AS value"))
        assert first.child is not None and first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        assert await first.child.wait() == -signal.SIGKILL
    async with EmbeddedPostgres(folder) as second, superuser(second.owner_url) as owner:
        assert await owner.scalar(text("SELECT value FROM kept")) == 7


async def test_a_server_left_behind_is_ended_by_the_next_start(folder: Path) -> None:
    first = EmbeddedPostgres(folder)
    await first.start()
    assert first.pid is not None
    left_behind = psutil.Process(first.pid)
    async with EmbeddedPostgres(folder) as second:
        assert first.child is not None
        await first.child.wait()
        assert not left_behind.is_running()
        async with superuser(second.app_url) as app:
            assert await app.scalar(text("SELECT 1")) == 1


async def test_a_lock_file_with_another_programs_pid_is_ignored(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as first:
        lock = (first.data / "postmaster.pid").read_text()
    other = await asyncio.create_subprocess_exec("sleep", "1000")
    try:
        (first.data / "postmaster.pid").write_text(re.sub(r"^\d+", str(other.pid), lock))
        async with EmbeddedPostgres(folder):
            assert other.returncode is None
    finally:
        other.kill()
        await other.wait()


async def test_an_interrupted_initdb_is_repeated(folder: Path) -> None:
    half = folder / "postgres.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    async with EmbeddedPostgres(folder) as server, superuser(server.app_url) as app:
        assert await app.scalar(text("SELECT 1")) == 1
    assert not (folder / "postgres.new").exists()


async def refusal(folder: Path) -> str:
    server = EmbeddedPostgres(folder)
    with pytest.raises(StartError) as refused:
        await server.start()
    assert "\n" not in str(refused.value)
    assert server.child is None or server.child.ended
    return str(refused.value)


async def test_an_unusable_folder_gives_a_one_line_error(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    async with server:
        pass
    version = server.data / "PG_VERSION"
    version.write_text("12\n")
    assert "made by PostgreSQL 12, and this is PostgreSQL 18" in await refusal(folder)
    version.write_bytes(b"\xff\xfe")
    assert "is not the data folder" in await refusal(folder)
    version.write_text("18\n")
    (server.data / "global" / "pg_control").write_bytes(b"rubbish")
    assert re.search("postgres ended .*(PANIC|FATAL)", await refusal(folder))


async def test_lost_passwords_give_a_one_line_error(folder: Path) -> None:
    async with EmbeddedPostgres(folder):
        pass
    secrets = folder / "secrets.json"
    assert secrets.stat().st_mode & 0o077 == 0
    values = json.loads(secrets.read_text())
    secrets.write_text(json.dumps({**values, "superuser_password": "another one"}))
    assert "does not have the password of the database" in await refusal(folder)
    secrets.write_text("{")
    assert "cannot be read" in await refusal(folder)
    secrets.unlink()
    assert "is missing" in await refusal(folder)
