"""`cadenza leads`: import them from a file, and list them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import Json
from cadenza.commands.terminal import Terminal, cell, connected, table, usage

app = typer.Typer(help="Leads.", no_args_is_help=True)

CHUNK = 64 * 1024
SHOWN = 50

File = Annotated[
    Path, typer.Argument(help="A CSV file, with any common delimiter and encoding.", exists=True, dir_okay=False)
]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help='Which column is which field, such as "Work email=email" or "Plan=custom.plan". An empty field leaves '
        "the column out. Other columns are recognised by their names.",
    ),
]


@app.command("import")
@connected
def import_(terminal: Terminal, file: File, columns: Mapped = None) -> None:
    """Create the leads of FILE, and update existing leads with its values."""
    imported = import_file(terminal, file, mapping(columns or []))
    terminal.tell(imported, lambda out: show_import(out, imported))


@app.command("list")
@connected
def list_(
    terminal: Terminal,
    search: Annotated[str | None, typer.Option(help="Text in the address, the name or the company.")] = None,
    status: Annotated[str | None, typer.Option(help="Only leads with this status.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only leads with this tag.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The greatest number of leads.")] = 50,
) -> None:
    """List leads, the newest first."""
    found = list(islice(terminal.api.listed("/leads", search=search, status=status, tag=tag), limit))
    headings = ("email", "name", "company", "status", "zone", "tags", "id")
    rows = [
        (
            cell(lead["email"], "bold"), lead["name"], lead["company"], lead["status"], lead["timezone"],
            ", ".join(lead["tags"]), cell(lead["id"], "dim"),
        )
        for lead in found
    ]  # fmt: skip
    terminal.tell(found, lambda out: out.print(table(headings, rows) if rows else "no leads"))


def mapping(told: list[str]) -> dict[str, str]:
    """`["Work email=email"]` in the form of the API."""
    pairs: dict[str, str] = {}
    for one in told:
        column, equals, field = one.rpartition("=")
        if not equals or not column.strip():
            raise usage(f"--map takes COLUMN=FIELD, not {one!r}")
        pairs[column.strip()] = field.strip()
    return pairs


def import_file(terminal: Terminal, path: Path, columns: dict[str, str]) -> Json:
    """Uploads the file in pieces. Returns the result for each row."""
    return uploaded(terminal, "/leads/import", path, **({"mapping": json.dumps(columns)} if columns else {}))


def uploaded(terminal: Terminal, to: str, path: Path, **parameters: str) -> Json:
    """Uploads the file in pieces, with a progress bar. Returns the answer."""
    with path.open("rb") as file, terminal.progress(f"uploading {path.name}", path.stat().st_size) as bar:
        pieces = _pieces(file, lambda sent: bar.update(bar.task_ids[0], completed=sent))
        return terminal.api.upload(to, pieces, "text/csv", **parameters)


def show_import(out: Console, imported: Json) -> None:
    line = Text.assemble(
        cell(imported["created"], "green"), " created, ", cell(imported["updated"], "cyan"), " updated, ",
        cell(imported["rejected_count"], "red" if imported["rejected_count"] else ""), " rejected, ",
        cell(imported["warnings_count"], "yellow" if imported["warnings_count"] else ""), " warnings",
    )  # fmt: skip
    out.print(line)
    show_rows(out, imported, "rejected", ("row", "email", "code", "detail"))
    show_rows(out, imported, "warnings", ("row", "code", "detail"))


def show_rows(out: Console, imported: Json, kind: str, fields: tuple[str, ...]) -> None:
    listed: list[Json] = imported[kind]
    if not listed:
        return
    rows = [[one[field] for field in fields] for one in listed[:SHOWN]]
    out.print()
    out.print(table(fields, rows, title=kind))
    if more := imported[f"{kind}_count"] - len(rows):
        by_code = ", ".join(f"{count} {code}" for code, count in Counter(one["code"] for one in listed).items())
        out.print(f"... and {more} more ({by_code} in all); --json lists them", style="dim")


def _pieces(file: BinaryIO, sent: Callable[[int], None]) -> Iterator[bytes]:
    count = 0
    while piece := file.read(CHUNK):
        yield piece
        count += len(piece)
        sent(count)
