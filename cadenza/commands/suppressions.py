"""`cadenza suppressions`: imports and exports the list of addresses and domains that must not be mailed."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import Json
from cadenza.commands.leads import show_rows, uploaded
from cadenza.commands.terminal import Terminal, cell, connected

app = typer.Typer(help="Addresses and domains that must not be mailed.", no_args_is_help=True)


@app.command("import")
@connected
def import_(
    terminal: Terminal,
    file: Annotated[
        Path,
        typer.Argument(
            help="One address or domain a line, or a CSV file with a column for them.", exists=True, dir_okay=False
        ),
    ],
) -> None:
    """Suppress every address and domain in FILE, and stop the enrollments that it concerns."""
    taken = uploaded(terminal, "/suppressions/import", file)
    terminal.tell(taken, lambda out: _show(out, taken))


@app.command()
@connected
def export(
    terminal: Terminal,
    file: Annotated[
        Path | None, typer.Argument(help="The file to write. Without it standard output.", dir_okay=False)
    ] = None,
) -> None:
    """Write the whole suppression list as CSV."""
    pieces = terminal.api.download("/suppressions/export")
    if file is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    first = next(pieces, b"")  # a refusal comes before the file is created
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
