"""`cadenza explain`: why nothing is being sent to a lead right now."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cadenza.commands.api_client import ApiClient, Json, Refused, as_id
from cadenza.commands.lookup import find_lead
from cadenza.commands.terminal import Terminal, cell, connected, facts, moment, plain, status_cell

app = typer.Typer(add_completion=False)


@app.command()
@connected
def explain(
    terminal: Terminal,
    named: Annotated[
        str, typer.Argument(metavar="LEAD|ENROLLMENT", help="A lead's address or ID, or an enrollment's ID.")
    ],
) -> None:
    """Say why nothing is sent to LEAD right now, in each live sequence (or in the last one, if all have ended)."""
    enrollments = _meant(terminal.api, named)
    told = [
        {**terminal.api.get(f"/enrollments/{one['id']}/explain"), "sequence_name": one["sequence_name"]}
        for one in enrollments
    ]

    def show(out: Console) -> None:
        for number, one in enumerate(told):
            if number:
                out.print()
            _show(out, one)

    terminal.tell(told, show)


def _meant(api: ApiClient, named: str) -> list[Json]:
    if (enrollment_id := as_id(named)) and (enrollment := api.found(f"/enrollments/{enrollment_id}")) is not None:
        return [enrollment]
    lead = find_lead(api, named)
    enrollments: list[Json] = api.get(f"/leads/{lead['id']}/sequence-state")["enrollments"]
    if not enrollments:
        raise Refused("not_enrolled", "The lead is in no sequence", f"{lead['email']} was never enrolled in a sequence")
    return [one for one in enrollments if one["ended_at"] is None] or enrollments[:1]


def _show(out: Console, told: Json) -> None:
    line = Text.assemble(cell(told["reason"]["code"], "bold yellow"), "  ", plain(told["reason"]["detail"]))
    out.print(line, soft_wrap=True)
    pairs = {
        "sequence": told["sequence_name"],
        "status": status_cell(told["status"]),
        "next": moment(told["next_eligible_at"]) or "not by itself",
        "enrollment": cell(told["enrollment_id"], "dim"),
    }
    if told["status"] in ("completed", "stopped"):
        del pairs["next"]
    out.print(facts({f"  {name}": value for name, value in pairs.items()}))
    for reason in told["also"]:
        out.print(
            Text.assemble("  also ", cell(reason["code"], "yellow"), f": {plain(reason['detail'])}"), soft_wrap=True
        )
