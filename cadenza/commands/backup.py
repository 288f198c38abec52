"""`cadenza backup` (docs/backup.md)."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from cadenza.maintenance.backup import backup as make_backup
from cadenza.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    home: Annotated[
        Path | None, typer.Option(help="The home of `cadenza up`. [default: .cadenza]", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write a backup of the home to one file, for `cadenza restore`. The home may be running.

    The file holds people's data and the home's secrets: keep it where nobody can read it.
    """
    os.umask(0o077)  # only the owner may read the files that this writes
    made = asyncio.run(make_backup(file.expanduser().absolute(), home or load_settings().home, force=force))
    size = sum(member.bytes for member in made.members.values())
    print(f"wrote {file}: {size:,} bytes, taken at {made.taken_at.isoformat()}")
