"""`cadenza up`: the whole program on embedded servers, one supervising process over all of it."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from cadenza.embedded import NAMESPACE, EmbeddedPostgres, EmbeddedTemporal
from cadenza.embedded.home import Home
from cadenza.embedded.home_secrets import keep_api_key
from cadenza.embedded.orphans import HOME_VARIABLE, ProcessBook
from cadenza.embedded.ports import LOOPBACK, choose_port
from cadenza.runtime.program import Program, command_line
from cadenza.runtime.stopping import stop_on_signals, unless
from cadenza.runtime.supervisor import Part, Supervisor
from cadenza.runtime.up_options import UpOptions
from cadenza.settings import Settings
from services.access.bootstrap import FirstTenant
from workflows.search_attributes import REGISTRY

# The one worker of a run is all there is to send leads to: it has no build ID that somebody would have to make current.
SERVER_SETTINGS = (
    "DATABASE_URL", "MIGRATION_DATABASE_URL", "API_HOST", "API_PORT", "DEV", "CAPTURE_DIR", "HOME", "BUILD_ID",
    "CODEC_SERVER_KEY",
)  # fmt: skip


@dataclass(frozen=True)
class Ports:
    """Where each server of this run listens, on loopback."""

    api: int
    temporal: int
    temporal_ui: int
    smtp: int
    postgres: int
    codec: int | None
    """None without keys for payloads."""


async def up(options: UpOptions, settings: Settings, program: Program) -> None:
    """Start everything, say where to look, and run until SIGINT or SIGTERM; then end everything.

    Raises `StartError`, in one line, for whatever a person must put right first.
    """
    os.umask(0o077)  # whatever this run makes is for its owner's eyes only
    with Home(options.home) as home:
        book = ProcessBook(home.pids_file, home.folder)
        for name in book.end_orphans():
            say(f"ended what an earlier run left behind: {name}")
        run = Run(home, options, settings, program, book)
        stopping = asyncio.Event()
        stop_on_signals(stopping, run.supervisor)
        try:
            await unless(stopping, run.start())
            await stopping.wait()
            say("stopping")
        finally:
            home.withdraw()
            await run.supervisor.stop()
        say(f"stopped; the data stays in {home.folder}")


class Run:
    """One run of everything: servers first, then the schema and the first tenant, then the parts on top."""

    def __init__(
        self,
        home: Home,
        options: UpOptions,
        settings: Settings,
        program: Program,
        book: ProcessBook,
    ) -> None:
        self.supervisor = Supervisor(book, say, self._announce)
        self._home = home
        self._dev = options.dev
        self._settings = settings
        self._program = program
        self._book = book
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
        """Where mail is handed over: the server named by the environment, else the capture."""
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
        """How the links in mail lead back here, unless the caller named a better way."""
        named_url, named_key = self._settings.public_url, self._settings.signing_key
        return {
            "CADENZA_PUBLIC_URL": str(named_url or self.api_url),
            "CADENZA_SIGNING_KEY": named_key.get_secret_value() if named_key else self._postgres.secrets.signing_key,
        }

    def environment(self) -> dict[str, str]:
        """What the parts are started with: this run's servers, whatever the caller's variables name.

        Temporal's variables and profile file are the caller's own cloud's, and would turn TLS on.
        """
        ours = {f"CADENZA_{name}" for name in SERVER_SETTINGS}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_") and k not in ours}
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
            # A receiver on this very machine is what people try webhooks with.
            "CADENZA_WEBHOOK_ALLOW_PRIVATE": str(self._settings.webhook_allow_private or self._dev).lower(),
            "CADENZA_CODEC_SERVER_HOST": LOOPBACK,
            "CADENZA_CODEC_SERVER_PORT": str(self._ports.codec or 0),
            "CADENZA_TEMPORAL_UI_URL": self._temporal.ui_url or "",
            "TEMPORAL_ADDRESS": self._temporal.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "TEMPORAL_CONFIG_FILE": os.devnull,
        }

    def describe(self, tenant: FirstTenant) -> dict[str, object]:
        """The contents of run.json."""
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
            "pids": {"up": os.getpid(), **self._book.pids},
        }

    def _parts(self) -> Sequence[tuple[str, Sequence[str]]]:
        codec = [("codec-server", command_line("codec-server"))] if self._ports.codec else []
        return [*self._program.parts, *codec]

    def _announce(self) -> None:
        """Write run.json once this run is ready, and again when a process has been started anew."""
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
            # After the #, so that no server and no log is told the key.
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
    """Raises `StartError` when a port that a person named is taken."""
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
    """One line for the person who watches. That nobody watches any more ends nothing."""
    with suppress(OSError):
        print(f"cadenza: {line}", file=sys.stderr, flush=True)
