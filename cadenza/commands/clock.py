"""`cadenza fast-forward`: moves the leads' clocks, in development only."""

from typing import Annotated

import typer
from rich.console import Console

from cadenza.commands.api_client import Json
from cadenza.commands.lookup import find_lead
from cadenza.commands.terminal import Terminal, connected, moment

app = typer.Typer(add_completion=False)


@app.command()
@connected
def fast_forward(
    terminal: Terminal,
    by: Annotated[str, typer.Argument(metavar="DURATION", help="An ISO 8601 duration such as P3D or PT12H.")],
    lead: Annotated[
        str | None, typer.Option(help="Only the enrollments of this lead, by address or ID. Without it every lead's.")
    ] = None,
) -> None:
    """Move the clock of leads forward, and perform the steps that come due (needs `cadenza up --dev`)."""
    if lead is None:
        moved: list[Json] = terminal.api.post("/dev/fast-forward", {"by": by})["moved"]
    else:
        state = terminal.api.get(f"/leads/{find_lead(terminal.api, lead)['id']}/sequence-state")
        live = [one["id"] for one in state["enrollments"] if one["ended_at"] is None]
        bodies = [{"by": by, "enrollment_id": enrollment_id} for enrollment_id in live]
        moved = [one for body in bodies for one in terminal.api.post("/dev/fast-forward", body)["moved"]]
    terminal.tell(moved, lambda out: _show(out, moved))


def _show(out: Console, moved: list[Json]) -> None:
    latest = max((one["now"] for one in moved), default=None)
    now = f", whose clocks now show {moment(latest)}" if latest else ""
    out.print(f"moved {len(moved)} enrollments{now}", soft_wrap=True)
