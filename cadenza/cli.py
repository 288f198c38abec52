"""The command line: `cadenza up`, and each part by itself, with servers that the environment names."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from cadenza.commands.lazy_commands import LazyGroup, loaded
from cadenza.embedded.ports import LOOPBACK
from cadenza.exit import run_and_leave
from cadenza.logs import log_text
from cadenza.runtime import lifeline
from cadenza.runtime.up_options import UpOptions

app = typer.Typer(
    cls=LazyGroup,
    help="Durable, multi-touch lead sequences on Temporal and Postgres.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

FreePort = Annotated[int | None, typer.Option(help="0 takes a free port.", min=0, max=65535, show_default=False)]


def main() -> NoReturn:
    """The entry point of the program, and its only exit."""
    lifeline.attach()
    log_text()
    run_and_leave(lambda: app(prog_name="cadenza"))


@app.command("up")
def up_command(
    dev: Annotated[bool, typer.Option("--dev", help="Serve /dev/*: captured mail, fast-forward.")] = False,
    home: Annotated[
        Path | None, typer.Option(help="The folder for all data. [default: .cadenza]", show_default=False)
    ] = None,
    api_port: FreePort = None,
    temporal_port: FreePort = None,
    temporal_ui_port: FreePort = None,
    smtp_port: FreePort = None,
    postgres_port: FreePort = None,
) -> None:
    """Start everything, with its own servers on loopback, and print the addresses."""
    logging.getLogger().setLevel(logging.WARNING)  # `up` prints its own messages
    settings = loaded("cadenza.settings:load_settings")()
    options = UpOptions(
        home=home or settings.home,
        dev=dev or settings.dev,
        api_port=api_port,
        temporal_port=temporal_port,
        temporal_ui_port=temporal_ui_port,
        smtp_port=smtp_port,
        postgres_port=postgres_port,
    )
    asyncio.run(loaded("cadenza.runtime.up:up")(options, settings, loaded("cadenza.runtime.program:PROGRAM")))


@app.command()
def worker(
    processes: Annotated[
        int, typer.Option(help="How many workers to run. This process restarts those that die.", min=1, max=64)
    ] = 1,
) -> None:
    """Perform the steps of enrollments, with the servers in CADENZA_* and TEMPORAL_*."""
    settings = _part_settings()
    if processes > 1:
        asyncio.run(loaded("cadenza.runtime.worker_processes:run_workers")(processes, settings))
        return
    loaded("uvloop:run")(loaded("cadenza.runtime.worker:run")(settings))


@app.command("api")
def api_command() -> None:
    """Serve the API and the web app, with the servers in CADENZA_* and TEMPORAL_*."""
    loaded("uvloop:run")(loaded("cadenza.runtime.api_process:serve_api")(_part_settings()))


def _part_settings() -> Any:
    """The settings of a part that keeps running. Sets the form of its log lines."""
    settings = loaded("cadenza.settings:load_settings")()
    if settings.log_format == "json":
        loaded("cadenza.json_logs:log_json")()
    return settings


@app.command("codec-server")
def codec_server_command() -> None:
    """Decrypt payloads for Temporal's web UI, with CADENZA_PAYLOAD_KEYS."""
    loaded("uvloop:run")(loaded("cadenza.runtime.codec_server:serve_codec")(loaded("cadenza.settings:load_settings")()))


@app.command("demo")
def demo_command() -> None:
    """Run the cold-outreach sequence for five leads through two virtual weeks."""
    asyncio.run(loaded("cadenza.commands.demo:demo")())


@app.command()
def migrate() -> None:
    """Bring the schema of the database in CADENZA_MIGRATION_DATABASE_URL up to date."""
    loaded("cadenza.maintenance.migrate:upgrade")(loaded("cadenza.settings:load_settings")().owner_database_url())


@app.command("bootstrap")
def bootstrap_command(
    mailbox: Annotated[str, typer.Option(help="The email address of the first mailbox.")],
    mailbox_name: Annotated[str, typer.Option(help="The sender's name beside that address.")] = "",
    tenant: Annotated[str, typer.Option(help="The name of the first tenant.")] = "Default",
) -> None:
    """Create the first tenant of a new installation, its API key and its mailbox. A second run changes nothing."""
    settings = loaded("cadenza.settings:load_settings")()
    loaded("cadenza.maintenance.bootstrap:bootstrap_and_say")(settings, tenant, mailbox, mailbox_name)


@app.command("rotate-secrets")
def rotate_secrets_command() -> None:
    """Encrypt mailboxes' passwords and DKIM keys again, with the first of CADENZA_SECRET_KEYS."""
    settings = loaded("cadenza.settings:load_settings")()
    asyncio.run(loaded("cadenza.maintenance.rotate_secrets:rotate_secrets")(settings))


@app.command(hidden=True)
def capture(
    directory: Annotated[Path, typer.Option(help="The folder for the messages.")],
    port: Annotated[int, typer.Option(min=1, max=65535)],
) -> None:
    """Accept mail over SMTP on loopback and store it."""
    asyncio.run(loaded("cadenza.embedded.capture:serve_capture")(directory, LOOPBACK, port))
