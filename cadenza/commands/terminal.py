"""The output and the exit codes of commands that talk to the API.

Exit codes: 0 done, 1 refused (by the API or by the command), 2 wrong usage, 3 the API cannot be reached.
"""

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from cadenza.commands.api_client import AddressIncomplete, ApiClient, ApiUnreachable, Refused, find_api
from domain.errors import DomainError

REFUSED, USAGE, UNREACHABLE = 1, 2, 3
PIPED_WIDTH = 200

STATUS_STYLES = {
    "draft": "dim",
    "pending": "cyan",
    "active": "green",
    "paused": "yellow",
    "completed": "bold",
    "stopped": "magenta",
    "failed": "red",
    "archived": "dim",
}

ApiUrl = Annotated[
    str | None,
    typer.Option("--api-url", help="Default: CADENZA_API_URL, else the address in the home.", show_default=False),
]
ApiKey = Annotated[
    str | None,
    typer.Option("--api-key", help="Default: CADENZA_API_KEY, else the key in the home.", show_default=False),
]
HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", help="The home of `cadenza up`. Default: CADENZA_HOME, else .cadenza.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


@dataclass(frozen=True, slots=True)
class Terminal:
    """The API and the two outputs of a command: results on `out`, everything else on `err`."""

    api: ApiClient
    out: Console
    err: Console
    as_json: bool

    def tell(self, answer: Any, show: Callable[[Console], None]) -> None:
        """The answer, as JSON or as `show` prints it."""
        if self.as_json:
            print(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            show(self.out)

    def say(self, line: str, style: str = "") -> None:
        """Prints a line about the progress."""
        self.err.print(Text(plain(line), style=style), soft_wrap=True)

    def progress(self, what: str, total: int | None, *, counts: bool = False) -> Progress:
        """A progress bar on the error output, only on a terminal. Enter it, and `update` its one task."""
        figures = MofNCompleteColumn() if counts else TaskProgressColumn()
        bar = Progress(
            TextColumn("{task.description}"), BarColumn(), figures, console=self.err, transient=True,
            disable=self.as_json or not self.err.is_terminal,
        )  # fmt: skip
        bar.add_task(what, total=total)
        return bar


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """For a command whose first parameter is the Terminal: adds the options for the API's address, and the exit codes.

    Raises nothing but `typer.Exit`.
    """
    ours = {"api_url": ApiUrl, "api_key": ApiKey, "home": HomeFolder, "as_json": AsJson}

    @functools.wraps(command)
    def run(**given: Any) -> None:
        api_url, api_key, home, as_json = (given.pop(name) for name in ours)
        out, err = _console(sys.stdout), _console(sys.stderr)
        try:
            with ApiClient(find_api(api_url, api_key, home)) as api:
                command(Terminal(api, out, err, as_json), **given)
        except DomainError as error:
            fields = [{"field": one.field, "code": one.code, "detail": one.detail} for one in error.errors]
            raise _ended(err, Refused(error.code, error.title, error.detail, fields), as_json) from None
        except Refused as refused:
            raise _ended(err, refused, as_json) from None
        except AddressIncomplete as incomplete:
            err.print(Text(f"cadenza: {incomplete}"), soft_wrap=True)
            raise typer.Exit(USAGE) from None
        except ApiUnreachable as unreachable:
            err.print(Text(f"cadenza: {unreachable}"), soft_wrap=True)
            raise typer.Exit(UNREACHABLE) from None

    signature = inspect.signature(command)
    own = list(signature.parameters.values())[1:]
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=False if name == "as_json" else None
        )
        for name, kind in ours.items()
    ]
    named = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    run.__signature__ = signature.replace(parameters=[*named, *added])  # pyright: ignore[reportAttributeAccessIssue]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*named, *added]}
    return run


def usage(problem: str) -> typer.BadParameter:
    """The exception for a wrong combination of options (exit code 2). The caller raises it."""
    return typer.BadParameter(problem)


def plain(value: Any) -> str:
    """Text from the API, safe for a terminal: its control characters are replaced."""
    text = "" if value is None else str(value)
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def cell(value: Any, style: str = "") -> Text:
    return Text(plain(value), style=style)


def status_cell(status: str) -> Text:
    return cell(status, STATUS_STYLES.get(status, ""))


def moment(text: str | None) -> str:
    """A time from the API, in UTC, for people."""
    return "" if text is None else f"{datetime.fromisoformat(text):%a %d %b %Y %H:%M} UTC"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> Table:
    """A table. Numbers are aligned right. A `Text` keeps its style, everything else goes through `plain`."""
    whole = list(rows)
    one = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, show_edge=False)
    for number, heading in enumerate(headings):
        numeric = bool(whole) and all(isinstance(row[number], int | float) for row in whole)
        one.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in whole:
        one.add_row(*(part if isinstance(part, Text) else cell(part) for part in row))
    return one


def facts(pairs: Mapping[str, Any]) -> Table:
    """Names and values, one pair a line, without empty values."""
    one = Table(box=None, show_header=False, pad_edge=False)
    one.add_column(style="dim")
    one.add_column(overflow="fold")
    for name, value in pairs.items():
        if value not in (None, ""):
            one.add_row(name, value if isinstance(value, Text) else cell(value))
    return one


def _ended(err: Console, refused: Refused, as_json: bool) -> typer.Exit:
    if as_json:
        print(json.dumps(refused.problem, ensure_ascii=False, indent=2), file=sys.stderr)
        return typer.Exit(REFUSED)
    line = Text("cadenza: ")
    line.append(plain(refused.detail or refused.title), style="bold red")
    line.append(f" ({plain(refused.code)})", style="dim")
    err.print(line, soft_wrap=True)
    for error in refused.errors:
        where = f"{plain(error.get('field'))}: " if error.get("field") else ""
        err.print(Text(f"  {where}{plain(error.get('detail'))} ({plain(error.get('code'))})"), soft_wrap=True)
    return typer.Exit(REFUSED)


def _console(stream: Any) -> Console:
    # Colours only on a terminal, and not with NO_COLOR. Piped output is not cut to a window's width.
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(file=stream, highlight=False, width=PIPED_WIDTH if piped else None)
