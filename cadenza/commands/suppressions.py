"""`cadenza suppressions`: take a list of addresses and domains that nobody writes to, and give it."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import Json
from cadenza.commands.leads import show_rows, uploaded
from cadenza.commands.terminal import Terminal, cell, connected

app = typer.Typer(help="Whom nobody writes to.", no_args_is_help=True)


@app.command("import")
@connected
def import_(
    terminal: Terminal,
    file: Annotated[
        Path,
        typer.Argument(
            help="One address or domain a line, or CSV with a column for them.", exists=True, dir_okay=False
        ),
    ],
) -> None:
    """Suppress everything on the list in FILE, and end what is live for it."""
    taken = uploaded(terminal, "/suppressions/import", file)
    terminal.tell(taken, lambda out: _show(out, taken))


@app.command()
@connected
def export(
    terminal: Terminal,
    file: Annotated[Path | None, typer.Argument(help="Where to; left out, to the output.", dir_okay=False)] = None,
) -> None:
    """Write the whole list as CSV."""
    pieces = terminal.api.download("/suppressions/export")
    if file is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    first = next(pieces, b"")  # refused before a file is there
    with file.open("wb") as out:
        out.write(first)
        out.writelines(pieces)


def _show(out: Console, taken: Json) -> None:
    line = Text.assemble(
        cell(taken["suppressed"], "green"), " suppressed, ", cell(taken["known"], "cyan"), " known, ",
        cell(taken["stopped"], "yellow" if taken["stopped"] else ""), " enrollments stopped, ",
        cell(taken["rejected_count"], "red" if taken["rejected_count"] else ""), " rejected",
    )  # fmt: skip
    out.print(line)
    show_rows(out, taken, "rejected", ("row", "value", "code", "detail"))
