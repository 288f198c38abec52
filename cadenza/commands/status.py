"""`cadenza status`: the status of a sequence or a lead."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import ApiClient, Json, as_id
from cadenza.commands.lookup import complete_sequence, find_lead, find_sequence
from cadenza.commands.terminal import Terminal, cell, connected, facts, moment, status_cell, table

app = typer.Typer(add_completion=False)

SHOWN = 25
STATUSES = ("pending", "active", "paused", "failed", "completed", "stopped")


@app.command()
@connected
def status(
    terminal: Terminal,
    named: Annotated[
        str | None,
        typer.Argument(
            metavar="[SEQUENCE|LEAD]",
            help="A sequence's name or ID, or a lead's address or ID. Without it all sequences.",
            autocompletion=complete_sequence,
        ),
    ] = None,
) -> None:
    """Show the status of a sequence or a lead."""
    if named is None:
        _all(terminal)
    elif "@" in named or (as_id(named) and terminal.api.found(f"/sequences/{as_id(named)}") is None):
        _lead(terminal, find_lead(terminal.api, named))
    else:
        _sequence(terminal, find_sequence(terminal.api, named))


def _all(terminal: Terminal) -> None:
    found = [one for one in terminal.api.listed("/sequences") if one["status"] != "archived"]
    rows = [
        (
            cell(one["name"], "bold"), status_cell(one["status"]), one["enrolled_count"], one["active_count"],
            one["completed_count"],
        )
        for one in found
    ]  # fmt: skip
    headings = ("sequence", "status", "enrolled", "active", "completed")
    terminal.tell(found, lambda out: out.print(table(headings, rows) if rows else "no sequences"))


def _sequence(terminal: Terminal, sequence: Json) -> None:
    listed = terminal.api.listed("/enrollments", sequence_id=sequence["id"])
    newest = list(islice(listed, SHOWN))
    emails = _emails(terminal.api, newest)
    answer = {"sequence": sequence, "enrollments": newest}

    def show(out: Console) -> None:
        counts = f"{sequence['enrolled_count']} enrolled, {sequence['active_count']} active"
        pairs = {"sequence": cell(sequence["name"], "bold"), "status": status_cell(sequence["status"])}
        out.print(facts({**pairs, "leads": f"{counts}, {sequence['completed_count']} completed"}))
        if newest:
            rows = [(cell(emails[one["lead_id"]], "bold"), *_standing(one)) for one in newest]
            out.print()
            out.print(table(("lead", "status", "step", "sent", "next"), rows, title=f"the newest {len(rows)}"))

    terminal.tell(answer, show)


def _lead(terminal: Terminal, lead: Json) -> None:
    state = terminal.api.get(f"/leads/{lead['id']}/sequence-state")
    enrollments: list[Json] = state["enrollments"]

    def show(out: Console) -> None:
        pairs = {"lead": cell(lead["email"], "bold"), "name": lead["name"], "company": lead["company"]}
        out.print(facts({**pairs, "status": lead["status"], "zone": lead["timezone"]}))
        if enrollments:
            rows = [(cell(one["sequence_name"], "bold"), *_standing(one)) for one in enrollments]
            out.print()
            out.print(table(("sequence", "status", "step", "sent", "next"), rows))

    terminal.tell({"lead": lead, "enrollments": enrollments}, show)


def _standing(enrollment: Json) -> tuple[Text, str, int, str]:
    how = status_cell(enrollment["status"])
    if enrollment["stop_reason"]:
        how.append(f": {enrollment['stop_reason']}")
    step = enrollment["current_step"]
    what = enrollment["error"] if enrollment["error"] else moment(enrollment["next_action_at"])
    return how, step["key"] if step else "", enrollment["emails_sent"], what


def _emails(api: ApiClient, enrollments: Sequence[Json]) -> dict[str, str]:
    ids = dict.fromkeys(one["lead_id"] for one in enrollments)
    return {lead_id: (api.found(f"/leads/{lead_id}") or {"email": lead_id})["email"] for lead_id in ids}
