"""`cadenza after-restore` (docs/backup.md)."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from cadenza.maintenance.after_restore import gap_between, moment_of, report, settle
from cadenza.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def after_restore(
    taken_at: Annotated[
        str, typer.Option(metavar="TIME", help="The moment to which the database was restored, ISO 8601.")
    ],
    stopped_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the old installation last ran, ISO 8601. [default: now]"),
    ] = None,
) -> None:
    """After another kind of restore: mark what may have been sent since, so that it is not sent again.

    Works on CADENZA_DATABASE_URL, which must be migrated. Run it before any API or worker uses the database. A second
    run changes nothing more.
    """
    settings = load_settings()
    until = datetime.now(UTC) if stopped_at is None else moment_of("--stopped-at", stopped_at)
    gap = gap_between(moment_of("--taken-at", taken_at), until)
    report(gap, asyncio.run(settle(settings.app_database_url(), gap)))
