"""`cadenza restore` (docs/backup.md)."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from cadenza.gap import moment_of, report
from cadenza.restore import restore as restore_backup

app = typer.Typer(add_completion=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `cadenza backup` wrote.")],
    home: Annotated[Path, typer.Option(help="The new home: a folder that is empty or not there.")],
    stopped_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the old installation last ran, ISO 8601. [default: now]"),
    ] = None,
) -> None:
    """Make a new home from a backup, in which nothing is sent again that the old one may have sent since.

    The old installation must have stopped for good.
    """
    os.umask(0o077)  # whatever this writes is for its owner's eyes only
    done = asyncio.run(
        restore_backup(file.expanduser(), home, stopped_at=None if stopped_at is None else moment_of("--stopped-at", stopped_at))
    )
    print(f"restored {home} from {file}, made by {done.manifest.release}")
    report(done.gap, done.marked)
    print(f"start it: cadenza up --home {home}")
