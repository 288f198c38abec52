"""Makes docs/cli.md below its marker from the source: `python -m cadenza.reference.command_line`.

The text of a command or an option is the one of `--help`. A test fails if the document is out of date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from cadenza.cli import app
from cadenza.commands.lazy_commands import PANEL, loaded_command

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "cli.md"
MARKER = "<!-- `python -m cadenza.reference.command_line` makes everything below. -->\n"

# Options of every command that talks to the API. The text above the marker describes them.
SHARED = frozenset({"--api-url", "--api-key", "--home", "--json"})


def document(present: str) -> str:
    """The whole text: the hand-written part of `present`, and the commands."""
    program: Any = get_command(app)
    panels: dict[str | None, list[str]] = {None: [], PANEL: []}
    for name, listed in program.commands.items():
        if not listed.hidden:
            panel = PANEL if listed.rich_help_panel == PANEL else None
            panels[panel] += _command(f"cadenza {name}", loaded_command(listed))
    parts = ["## Commands that run it\n", *panels[None], "## Commands that talk to a running API\n", *panels[PANEL]]
    return present[: present.index(MARKER)] + MARKER + "\n" + "\n".join(parts)


def _command(path: str, command: Any) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        below: Any
        for name, below in command.commands.items():
            yield from _command(f"{path} {name}", below)
        return
    shared: frozenset[str] = SHARED if any("--api-url" in one.opts for one in command.params) else frozenset()
    own = [one for one in command.params if not shared.intersection(one.opts) and one.name != "help"]
    yield f"### {path}\n"
    yield f"{' '.join(command.help.split())}\n"
    yield f"`{' '.join([path, *map(_usage, own)])}`\n"
    if own:
        yield "| | | default |\n|---|---|---|"
        yield "\n".join(map(_row, own)) + "\n"


def _usage(parameter: Any) -> str:
    written = _written(parameter)
    if parameter.param_type_name == "option" and parameter.multiple:
        return f"[{written}]..."
    return written if parameter.required else f"[{written}]"


def _written(parameter: Any) -> str:
    """The form in which a person types it."""
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name.upper()).strip("[]").replace("|", " or ")
    long = next(one for one in parameter.opts if one.startswith("--"))
    return long if parameter.is_flag else f"{long} {parameter.metavar or parameter.name.upper()}"


def _row(parameter: Any) -> str:
    short = [f"`{one}`" for one in parameter.opts if one.startswith("-") and not one.startswith("--")]
    names = ", ".join([f"`{_written(parameter)}`", *short])
    help_, _, found_later = (parameter.help or "").rstrip("]").partition("[default: ")
    told = " ".join([" ".join(help_.split()), *_values(parameter)])
    default = found_later or (parameter.default if parameter.show_default else None)
    unless = f"`{default}`" if default not in (None, False, "", [], ()) else ""
    return f"| {names} | {told} | {unless} |"


def _values(parameter: Any) -> Iterator[str]:
    described = parameter.type_descriptor
    if described.is_choice:
        yield "One of " + ", ".join(f"`{one}`" for one in described.choices) + "."
    if parameter.min is not None:
        yield f"{parameter.min} to {parameter.max}." if parameter.max is not None else f"At least {parameter.min}."


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text("utf-8")), "utf-8")
    print(f"wrote {DOCUMENT.relative_to(ROOT)}", file=sys.stderr)
