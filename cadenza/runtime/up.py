"""`cadenza up`: runs the whole program on embedded servers, with one supervising process."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from cadenza.embedded.home import Home
from cadenza.embedded.home_secrets import keep_api_key
from cadenza.embedded.orphans import HOME_VARIABLE, ProcessRecords
from cadenza.embedded.ports import LOOPBACK, choose_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import NAMESPACE, EmbeddedTemporal
from cadenza.runtime.program import Program, command_line
from cadenza.runtime.stop_signals import run_unless_stopped, stop_on_signals
from cadenza.runtime.supervisor import Part, Supervisor
from cadenza.runtime.up_options import UpOptions
from cadenza.settings import Settings
from services.access.bootstrap import FirstTenant
from workflows.search_attributes import REGISTRY

# A run has one worker, to which all leads go. With a build ID, somebody would have to make it current.
SERVER_SETTINGS = (
    "DATABASE_URL", "MIGRATION_DATABASE_URL", "API_HOST", "API_PORT", "DEV", "CAPTURE_DIR", "HOME", "BUILD_ID",
    "CODEC_SERVER_KEY",
)  # fmt: skip


@dataclass(frozen=True)
class Ports:
    """The loopback port of each server of this run."""

    api: int
    temporal: int
    temporal_ui: int
    smtp: int
    postgres: int
    codec: int | None
    """None without keys for payloads."""


async def up(options: UpOptions, settings: Settings, program: Program) -> None:
    """Starts everything, prints where to find it, runs until SIGINT or SIGTERM, then ends everything.

    Raises `StartError`, in one line, for what a person must fix first.
    """
    os.umask(0o077)  # files of this run are readable by their owner only
    with Home(options.home) as home:
        records = ProcessRecords(home.pids_file, home.folder)
        for name in records.end_orphans():
            say(f"ended what an earlier run left behind: {name}")
        run = Run(home, options, settings, program, records)
        stopping = asyncio.Event()
        stop_on_signals(stopping, run.supervisor)
        try:
            await run_unless_stopped(stopping, run.start())
            await stopping.wait()
            say("stopping")
        finally:
            home.withdraw()
            await run.supervisor.stop()
        say(f"stopped; the data stays in {home.folder}")


class Run:
    """One run of everything: first the servers, then the schema and the first tenant, then the parts of this
    program."""

    def __init__(
        self,
        home: Home,
        options: UpOptions,
        settings: Settings,
        program: Program,
        records: ProcessRecords,
    ) -> None:
        self.supervisor = Supervisor(records, say, self._announce)
        self._home = home
        self._dev = options.dev
        self._settings = settings
        self._program = program
        self._records = records
        self._tenant: FirstTenant | None = None
        self._ports = choose_ports(options, settings)
        marked = {HOME_VARIABLE: str(home.folder)}
        self._postgres = EmbeddedPostgres(home.folder, port=self._ports.postgres, environment=marked)
        self._temporal = EmbeddedTemporal(
            home.folder,
            port=self._ports.temporal,
            ui_port=self._ports.temporal_ui,
            ui_codec_endpoint=f"http://{LOOPBACK}:{self._ports.codec}/codec" if self._ports.codec else None,
            search_attributes=[attribute.name for attribute in REGISTRY],
            program=settings.temporal_bin,
            environment=marked,
        )

    async def start(self) -> None:
        say(f"starting PostgreSQL and Temporal in {self._home.folder}")
        await self.supervisor.start(self._postgres, self._temporal, *self._capture())
        await asyncio.to_thread(self._program.migrate, self._postgres.owner_url)
        secrets = self._postgres.secrets
        tenant = await self._program.first_tenant(
            self._postgres.app_url, secrets.api_key, self._settings.postal_address
        )
        keep_api_key(self._home.folder, secrets, tenant.api_key)
        say("starting " + " and ".join(name for name, _ in self._parts()))
        environment = self.environment()
        await self.supervisor.start(*(self._part(name, arguments, environment) for name, arguments in self._parts()))
        self._tenant = tenant
        self._announce()
        self._greet(tenant)

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self._ports.api}"

    @property
    def smtp(self) -> tuple[str, int]:
        """The SMTP server for outgoing mail: the one in the settings, or else the capture."""
        named = self._settings.smtp_host
        return (LOOPBACK, self._ports.smtp) if named is None else (named, self._settings.smtp_port)

    @property
    def webhook_secret(self) -> str:
        named = self._settings.inbound_webhook_secret
        return named.get_secret_value() if named else self._postgres.secrets.inbound_webhook_secret

    @property
    def secret_keys(self) -> str:
        named = self._settings.secret_keys
        return named.get_secret_value() if named else self._postgres.secrets.secret_keys

    @property
    def links(self) -> dict[str, str]:
        """The settings for links in mail: those that were given, or else this run's address and key."""
        named_url, named_key = self._settings.public_url, self._settings.signing_key
        return {
            "CADENZA_PUBLIC_URL": str(named_url or self.api_url),
            "CADENZA_SIGNING_KEY": named_key.get_secret_value() if named_key else self._postgres.secrets.signing_key,
        }

    def environment(self) -> dict[str, str]:
        """Returns the environment of the parts: this run's servers replace those in the caller's variables.

        Temporal's variables and profile file are removed: they may belong to a cloud account, and would turn on TLS.
        """
        replaced = {f"CADENZA_{name}" for name in SERVER_SETTINGS}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_") and k not in replaced}
        smtp_host, smtp_port = self.smtp
        captured = {"CADENZA_CAPTURE_DIR": str(self._home.outbox)} if self._settings.smtp_host is None else {}
        return {
            **kept,
            **captured,
            **self.links,
            HOME_VARIABLE: str(self._home.folder),
            "PYTHONUNBUFFERED": "1",
            "CADENZA_HOME": str(self._home.folder),
            "CADENZA_DEV": "true" if self._dev else "false",
            "CADENZA_DATABASE_URL": self._postgres.app_url,
            "CADENZA_SMTP_HOST": smtp_host,
            "CADENZA_SMTP_PORT": str(smtp_port),
            "CADENZA_API_HOST": LOOPBACK,
            "CADENZA_API_PORT": str(self._ports.api),
            "CADENZA_INBOUND_WEBHOOK_SECRET": self.webhook_secret,
            "CADENZA_SECRET_KEYS": self.secret_keys,
            "CADENZA_MAIL_ALLOW_PRIVATE": str(self._settings.mail_allow_private or self._dev).lower(),
            # People try out webhooks with a receiver on the same machine.
            "CADENZA_WEBHOOK_ALLOW_PRIVATE": str(self._settings.webhook_allow_private or self._dev).lower(),
            "CADENZA_CODEC_SERVER_HOST": LOOPBACK,
            "CADENZA_CODEC_SERVER_PORT": str(self._ports.codec or 0),
            "CADENZA_TEMPORAL_UI_URL": self._temporal.ui_url or "",
            "TEMPORAL_ADDRESS": self._temporal.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "TEMPORAL_CONFIG_FILE": os.devnull,
        }

    def describe(self, tenant: FirstTenant) -> dict[str, object]:
        """Returns the contents of run.json."""
        smtp_host, smtp_port = self.smtp
        return {
            "api_url": self.api_url,
            "ui_url": f"{self.api_url}/",
            "api_key": tenant.api_key,
            "tenant_id": str(tenant.tenant_id),
            "temporal_address": self._temporal.address,
            "temporal_ui_url": self._temporal.ui_url,
            "database_url": self._postgres.app_url,
            "admin_database_url": self._postgres.owner_url,
            "smtp_host": smtp_host,
            "smtp_port": smtp_port,
            "inbound_webhook_secret": self.webhook_secret.partition(",")[0],
            "pids": {"up": os.getpid(), **self._records.pids},
        }

    def _parts(self) -> Sequence[tuple[str, Sequence[str]]]:
        codec = [("codec-server", command_line("codec-server"))] if self._ports.codec else []
        return [*self._program.parts, *codec]

    def _announce(self) -> None:
        """Writes run.json once this run is ready, and again when a process was restarted."""
        if self._tenant is not None:
            self._home.announce(self.describe(self._tenant))

    def _capture(self) -> list[Part]:
        if self._settings.smtp_host is not None:
            return []
        where = ("--directory", str(self._home.outbox), "--port", str(self._ports.smtp))
        marked = {**os.environ, HOME_VARIABLE: str(self._home.folder)}
        return [self._part("capture", command_line("capture", *where), marked)]

    def _part(self, name: str, arguments: Sequence[str], environment: dict[str, str]) -> Part:
        return Part(name, arguments, self._home.logs / f"{name}.log", environment)

    def _greet(self, tenant: FirstTenant) -> None:
        mail = f"{self.api_url}/dev/outbox" if self._dev else str(self._home.outbox)
        if self._settings.smtp_host is not None:
            mail = f"not captured: it goes to {self._settings.smtp_host}"
        lines = {
            # Behind the #, so that the key reaches no server and no log.
            "Web app": f"{self.api_url}/#key={tenant.api_key}",
            "API docs": f"{self.api_url}/docs",
            "API key": tenant.api_key,
            "Temporal": f"{self._temporal.ui_url}",
            "Mail": mail,
            "Home": f"{self._home.folder} (run.json says all this; logs/ has each part's log)",
        }
        print("\nCadenza is ready.", flush=True)
        for name, value in lines.items():
            print(f"  {name:<10}{value}", flush=True)
        print("Ctrl-C ends everything; the data stays.\n", flush=True)


def choose_ports(options: UpOptions, settings: Settings) -> Ports:
    """Raises `StartError` if a requested port is in use."""
    taken: set[int] = set()
    named_api = options.api_port
    if named_api is None and "api_port" in settings.model_fields_set:
        named_api = settings.api_port
    named_codec = settings.codec_server_port if "codec_server_port" in settings.model_fields_set else None
    return Ports(
        api=choose_port("--api-port", named_api, 8000, taken),
        temporal=choose_port("--temporal-port", options.temporal_port, 7233, taken),
        temporal_ui=choose_port("--temporal-ui-port", options.temporal_ui_port, 8233, taken),
        smtp=choose_port("--smtp-port", options.smtp_port, 1025, taken),
        postgres=choose_port("--postgres-port", options.postgres_port or 0, 0, taken),
        codec=choose_port("CADENZA_CODEC_SERVER_PORT", named_codec, 8234, taken) if settings.payload_ring() else None,
    )


def say(line: str) -> None:
    """Prints one line for the person at the terminal. A closed terminal ends nothing."""
    with suppress(OSError):
        print(f"cadenza: {line}", file=sys.stderr, flush=True)
