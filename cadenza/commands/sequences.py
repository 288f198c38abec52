"""`cadenza sequences`: sequences as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import Json, Refused
from cadenza.commands.lazy_commands import loaded
from cadenza.commands.lookup import complete_sequence, find_sequence
from cadenza.commands.terminal import Terminal, cell, connected, facts, plain, status_cell, table

app = typer.Typer(help="Sequences as files.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(help="Its name or its ID.", autocompletion=complete_sequence)]
Status = Annotated[
    Literal["draft", "active", "paused", "archived"] | None, typer.Option(help="Only sequences with this status.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


@app.command("list")
@connected
def list_(terminal: Terminal, status: Status = None) -> None:
    """List all sequences, the newest first."""
    found = list(terminal.api.listed("/sequences", status=status))
    headings = ("name", "status", "steps", "version", "enrolled", "active", "completed", "id")
    rows = [
        (
            cell(one["name"], "bold"), status_cell(one["status"]), one["steps_count"], one["current_version"] or 0,
            one["enrolled_count"], one["active_count"], one["completed_count"], cell(one["id"], "dim"),
        )
        for one in found
    ]  # fmt: skip
    terminal.tell(found, lambda out: out.print(table(headings, rows) if rows else "no sequences"))


@app.command()
@connected
def show(terminal: Terminal, sequence: Named) -> None:
    """Show one sequence with its steps."""
    found = find_sequence(terminal.api, sequence)
    steps = terminal.api.get(f"/sequences/{found['id']}/steps")["items"]
    terminal.tell({**found, "steps": steps}, lambda out: _show(out, found, steps))


@app.command()
@connected
def export(
    terminal: Terminal,
    sequence: Named,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file to write, instead of standard output.")
    ] = None,
    format: Annotated[Literal["yaml", "json"], typer.Option(help="The format of the file.")] = "yaml",
) -> None:
    """Write the sequence as a file, which can be applied again."""
    found = find_sequence(terminal.api, sequence)
    kind = "json" if terminal.as_json else format
    answer = terminal.api.send("GET", f"/sequences/{found['id']}/export", params={"format": kind})
    if output is None:
        print(answer.text, end="")
    else:
        _write(output, answer.text)
        terminal.say(f"wrote {output}")


@app.command()
@connected
def apply(
    terminal: Terminal,
    file: Annotated[Path, typer.Argument(help="A file in the format of `export`.", exists=True, dir_okay=False)],
    activate: Annotated[bool, typer.Option("--activate", help="Also activate the sequence.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would change.")] = False,
) -> None:
    """Make the sequence equal to FILE: create it, or change the one of that name. A second run changes nothing.

    Changes of a running sequence are published as its next version.
    """
    applied = loaded("cadenza.commands.apply:apply_file")(terminal.api, file)
    if not terminal.as_json:
        _show_diff(terminal.err, applied.diff)
        for call in applied.calls:
            terminal.say(f"  {call.told}", "dim")
    answer: Json = {
        "outcome": applied.outcome,
        "dry_run": dry_run,
        "diff": applied.diff,
        "changes": [call.told for call in applied.calls],
        "published": None,
        "sequence": applied.sequence,
    }
    if not dry_run:
        sequence = loaded("cadenza.commands.apply:carry_out")(terminal.api, applied)
        if applied.must_publish:
            answer["published"] = _publish(terminal, sequence["id"])
        if activate and sequence["status"] in ("draft", "paused"):
            terminal.api.put(f"/sequences/{sequence['id']}", {"status": "active"})
        answer["sequence"] = terminal.api.get(f"/sequences/{sequence['id']}")
    terminal.tell(answer, lambda out: _show_applied(out, answer, applied.file.name))


@app.command()
@connected
def activate(terminal: Terminal, sequence: Named) -> None:
    """Check a sequence and let leads be enrolled. If it is paused, resume its leads."""
    _set_status(terminal, sequence, "active")


@app.command()
@connected
def pause(terminal: Terminal, sequence: Named) -> None:
    """Pause a sequence and every lead in it."""
    _set_status(terminal, sequence, "paused")


@app.command()
@connected
def archive(terminal: Terminal, sequence: Named, yes: Yes = False) -> None:
    """Archive a sequence and stop every lead in it, for good."""
    found = find_sequence(terminal.api, sequence)
    if not yes:
        typer.confirm(f"Stop {found['active_count']} leads and archive {plain(found['name'])!r}?", abort=True, err=True)
    _set_status(terminal, found["id"], "archived")


def _set_status(terminal: Terminal, sequence: str, status: str) -> None:
    found = find_sequence(terminal.api, sequence)
    changed = terminal.api.put(f"/sequences/{found['id']}", {"status": status})
    line = Text.assemble(cell(changed["name"], "bold"), " is ", status_cell(changed["status"]))
    terminal.tell(changed, lambda out: out.print(line, soft_wrap=True))


def _publish(terminal: Terminal, sequence_id: str) -> Json:
    path = f"/sequences/{sequence_id}/publish"
    forecast = terminal.api.post(path, dry_run="true")
    terminal.say(f"publishing version {forecast['version']}: {_told_leads(forecast)}")
    return terminal.api.post(path)


def _told_leads(forecast: Json) -> str:
    leads: dict[str, int] = forecast.get("leads") or {}
    told = [f"{count} {effect.replace('_', ' ')}" for effect, count in leads.items() if count and effect != "total"]
    return "of the leads on their way, " + ", ".join(told) if told else "no lead is on its way"


def _show(out: Console, sequence: Json, steps: Sequence[Json]) -> None:
    pairs = {
        "name": cell(sequence["name"], "bold"),
        "id": sequence["id"],
        "status": status_cell(sequence["status"]),
        "version": sequence["current_version"],
        "unpublished edits": "yes" if sequence.get("unpublished") else None,
        "description": sequence["description"],
        "settings": ", ".join(f"{name}={value}" for name, value in sequence["settings"].items()),
        "leads": f"{sequence['enrolled_count']} enrolled, {sequence['active_count']} active, "
        f"{sequence['completed_count']} completed",
    }
    out.print(facts(pairs))
    rows = [
        (step["position"], cell(step["key"], "bold"), step["type"], step["name"], _own_delay(step), _gist(step))
        for step in steps
    ]
    out.print()
    out.print(table(("#", "key", "type", "name", "after", "what"), rows))


def _own_delay(step: Json) -> str:
    parts = (("days", "d"), ("hours", "h"), ("minutes", "m"))
    return " ".join(f"{step[f'delay_{name}']}{unit}" for name, unit in parts if step[f"delay_{name}"])


def _gist(step: Json) -> str:
    """What the step does, in one line for the table."""
    config: dict[str, Any] = step["config"]
    match step["type"]:
        case "email":
            return config.get("subject") or ("in the same thread" if config.get("reply_in_thread") else "")
        case "condition":
            ways = [_way(branch.get("then", {})) for branch in config.get("branches", [])]
            return " | ".join([*ways, f"else {_way(config.get('else', {'continue': True}))}"])
        case "action":
            return ", ".join(f"{value}" for value in config.values())
        case _:
            return ", ".join(f"{name} {value}" for name, value in config.items())


def _way(outcome: Json) -> str:
    if "goto" in outcome:
        return f"go to {outcome['goto']}"
    return f"stop ({outcome.get('reason', '')})" if "stop" in outcome else "continue"


def _show_diff(err: Console, diff: Sequence[str]) -> None:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff:
        err.print(Text(plain(line), style=styles.get(line[:1], "")), soft_wrap=True)


def _show_applied(out: Console, answer: Json, name: str) -> None:
    done = {
        "created": ("would create", "created"),
        "updated": ("would change", "changed"),
        "unchanged": ("nothing to change in", "nothing to change in"),
    }[answer["outcome"]][not answer["dry_run"]]
    line = Text.assemble(f"{done} ", cell(name, "bold"))
    if answer["sequence"] is not None:
        line.append_text(Text.assemble(", which is ", status_cell(answer["sequence"]["status"])))
        if answer["published"] is not None:
            line.append(f", version {answer['sequence']['current_version']}")
    out.print(line, soft_wrap=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Refused("not_written", "The file cannot be written", f"{path}: {error.strerror}") from None
