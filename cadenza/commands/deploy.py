"""`cadenza deploy`: to which version of the code leads go (`docs/code-versions.md`)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console

from cadenza.commands.terminal import facts, table
from cadenza.runtime.deployments import Deployment, Routing
from cadenza.runtime.temporal_client import connect_temporal
from cadenza.settings import load_settings

UNVERSIONED = "unversioned"

app = typer.Typer(help="To which version of the code leads go.", no_args_is_help=True)

BuildId = Annotated[str, typer.Argument(metavar="BUILD_ID", help="The CADENZA_BUILD_ID of its workers.")]


@app.command()
def status() -> None:
    """Show which versions exist, and to which leads go."""
    _with_deployment(_nothing)


@app.command()
def current(
    build_id: Annotated[
        str, typer.Argument(metavar="BUILD_ID", help=f"`{UNVERSIONED}` for workers that have no build ID.")
    ],
) -> None:
    """Send every lead to a version, to release it or to roll back to it."""
    _with_deployment(lambda deployment: deployment.set_current(None if build_id == UNVERSIONED else build_id))


@app.command()
def ramp(
    build_id: BuildId,
    percent: Annotated[float, typer.Argument(min=0, max=100, help="0 ends the ramp.")],
) -> None:
    """Send a share of the leads to a version, and the others to the current one."""
    _with_deployment(lambda deployment: deployment.ramp(build_id if percent else None, percent))


async def _nothing(_: Deployment) -> None:
    return


def _with_deployment(act: Callable[[Deployment], Awaitable[None]]) -> None:
    """Carries out the change, then prints the routing."""

    async def run() -> Routing:
        settings = load_settings()
        deployment = Deployment(await connect_temporal(settings.payload_ring()), settings.task_queue)
        await act(deployment)
        return await deployment.routing()

    _show(Console(highlight=False), asyncio.run(run()))


def _show(out: Console, routing: Routing) -> None:
    ramping = f"{routing.ramping} ({routing.percent:g} %)" if routing.ramping else None
    out.print(facts({"current": routing.current or "workers without a build ID", "ramping": ramping}))
    if routing.spreading:
        out.print("not every task queue has heard of this yet")
    if routing.versions:
        out.print(table(("build ID", "status"), ((one.build_id, one.status) for one in routing.versions)))
