"""`cadenza restore` (docs/backup.md)."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from cadenza.commands.lazy_commands import loaded

app = typer.Typer(add_completion=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file of `cadenza backup`.")],
    home: Annotated[Path, typer.Option(help="The new home: a folder that is empty or does not exist.")],
    stopped_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the old installation last ran, ISO 8601. [default: now]"),
    ] = None,
) -> None:
    """Make a new home from a backup. It sends nothing again that the old home may have sent since.

    The old installation must have stopped for good.
    """
    logging.getLogger().setLevel(logging.WARNING)  # this command prints its own messages
    os.umask(0o077)  # only the owner may read the files that this writes
    until = (
        None
        if stopped_at is None
        else loaded("cadenza.maintenance.after_restore:moment_of")("--stopped-at", stopped_at)
    )
    done = asyncio.run(loaded("cadenza.maintenance.restore:restore")(file.expanduser(), home, stopped_at=until))
    print(f"restored {home} from {file}, made by {done.manifest.release}")
    loaded("cadenza.maintenance.after_restore:report")(done.gap, done.marked)
    print(f"start it: cadenza up --home {home}")
