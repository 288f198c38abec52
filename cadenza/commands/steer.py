"""`cadenza pause`, `resume` and `stop`: leads, or a whole sequence."""

from typing import Annotated, Literal

import typer
from rich.console import Console

from cadenza.commands.api_client import Json
from cadenza.commands.lookup import complete_sequence, find_lead, find_sequence
from cadenza.commands.terminal import Terminal, cell, connected, plain, status_cell, table, usage

pause, resume, stop = (typer.Typer(add_completion=False) for _ in range(3))

Leads = Annotated[list[str] | None, typer.Option("--lead", help="An address or an ID. Repeat it for several.")]
InSequence = Annotated[
    str | None,
    typer.Option(
        "--sequence", help="A whole sequence. With --lead: only in this sequence.", autocompletion=complete_sequence
    ),
]
# The status of a whole sequence after each command.
_STATUS = {"pause": "paused", "resume": "active", "stop": "archived"}


@pause.command()
@connected
def pause_(terminal: Terminal, lead: Leads = None, sequence: InSequence = None) -> None:
    """Pause leads, or a whole sequence. No email leaves after this command has ended."""
    _steer(terminal, "pause", lead or [], sequence, {})


@resume.command()
@connected
def resume_(
    terminal: Terminal,
    lead: Leads = None,
    sequence: InSequence = None,
    mode: Annotated[
        Literal["preserve_remaining", "original_schedule"],
        typer.Option(
            help="Wait for what was left of the wait, or keep the original times (due steps are performed at once)."
        ),
    ] = "preserve_remaining",
) -> None:
    """Resume paused enrollments, and retry failed ones."""
    _steer(terminal, "resume", lead or [], sequence, {"mode": mode})


@stop.command()
@connected
def stop_(
    terminal: Terminal,
    lead: Leads = None,
    sequence: InSequence = None,
    reason: Annotated[str, typer.Option(help="The stop reason.")] = "manual",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask for confirmation (for a whole sequence).")
    ] = False,
) -> None:
    """End enrollments for good. A whole sequence is archived, which stops every lead of it."""
    if sequence and not lead and not yes:
        found = find_sequence(terminal.api, sequence)
        typer.confirm(f"Stop {found['active_count']} leads and archive {plain(found['name'])!r}?", abort=True, err=True)
    _steer(terminal, "stop", lead or [], sequence, {"reason": reason})


def _steer(terminal: Terminal, verb: str, leads: list[str], sequence: str | None, body: Json) -> None:
    if not leads and sequence is None:
        raise usage("say whom: --lead, or --sequence")
    found = find_sequence(terminal.api, sequence) if sequence else None
    if not leads and found is not None:
        changed = terminal.api.put(f"/sequences/{found['id']}", {"status": _STATUS[verb]})
        terminal.tell(changed, lambda out: _show_sequence(out, changed))
        return
    if found is not None:
        body = {**body, "sequence_id": found["id"]}
    answers: list[Json] = []
    for lead in [find_lead(terminal.api, one) for one in leads]:
        state = terminal.api.post(f"/leads/{lead['id']}/{verb}-sequence", body)
        answers.append({"lead": lead, "enrollments": state["enrollments"]})
    terminal.tell(answers, lambda out: _show_leads(out, answers))


def _show_sequence(out: Console, sequence: Json) -> None:
    line = cell(sequence["name"], "bold").append(" is ", style="not bold")
    out.print(line.append_text(status_cell(sequence["status"])), soft_wrap=True)


def _show_leads(out: Console, answers: list[Json]) -> None:
    rows = [
        (cell(answer["lead"]["email"], "bold"), one["sequence_name"], status_cell(one["status"]), one["stop_reason"])
        for answer in answers
        for one in answer["enrollments"]
    ]
    out.print(table(("lead", "sequence", "status", "reason"), rows))
