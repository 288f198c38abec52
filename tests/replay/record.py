"""Records the histories that `test_replay.py` replays, one for each path, on real servers.

    .venv/bin/python -m tests.replay.record

It records only missing ones: a history is valuable because the code of its time recorded it.
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowContinuedAsNewError, WorkflowFailureError, WorkflowHandle

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.exit import run_and_leave
from cadenza.maintenance.migrate import upgrade
from tests.replay.enrollment_paths import ENROLLMENT_PATHS
from tests.replay.other_paths import LONG_LIVES, OTHER_PATHS, RunPath
from tests.stage import stage
from workflows.search_attributes import REGISTRY

HISTORIES = Path(__file__).parent / "histories"


def _anywhere(node: Any) -> Any:
    """Removes what belongs to the recording machine: its identity and its file names."""
    if isinstance(node, dict):
        return {key: _anywhere(value) for key, value in node.items() if key not in ("identity", "stackTrace")}
    return [_anywhere(value) for value in node] if isinstance(node, list) else node


async def keep(handle: WorkflowHandle[Any, Any], name: str) -> None:
    """Stores the history of that run, once it is over."""
    # Postgres is updated shortly before the workflow closes. A cancelled run has no result, nor has one that continues.
    with contextlib.suppress(WorkflowFailureError, WorkflowContinuedAsNewError):
        await handle.result(follow_runs=False)
    history = await handle.fetch_history()
    recorded = json.dumps(_anywhere(json.loads(history.to_json())), indent=1)
    file = HISTORIES / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(recorded + "\n", "utf-8")
    print(f"{name}: {len(history.events)} events", flush=True)


def missing(name: str) -> bool:
    return not (HISTORIES / f"{name}.json").exists()


async def record(postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, others: dict[str, RunPath]) -> None:
    for name, path in others.items():
        if missing(name):
            async with stage(postgres.app_url, temporal.address) as one:
                await keep(await path(one), name)


async def record_enrollments(postgres: EmbeddedPostgres, temporal: EmbeddedTemporal) -> None:
    for name, path in ENROLLMENT_PATHS.items():
        if missing(name):
            async with stage(postgres.app_url, temporal.address) as one:
                await keep(one.handle(await path(one)), name)


@contextlib.asynccontextmanager
async def servers(folder: Path, *dynamic_config: str) -> AsyncGenerator[EmbeddedTemporal, None]:
    names = [key.name for key in REGISTRY]
    async with EmbeddedTemporal(
        folder, search_attributes=names, in_memory=True, dynamic_config=dynamic_config
    ) as temporal:
        yield temporal


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cadenza-record-") as name:
        folder = Path(name)
        async with EmbeddedPostgres(folder / "postgres") as postgres:
            await asyncio.to_thread(upgrade, postgres.owner_url)
            async with servers(folder / "temporal") as temporal:
                await record_enrollments(postgres, temporal)
                await record(postgres, temporal, OTHER_PATHS)
            async with servers(folder / "early", "limit.historyCount.suggestContinueAsNew=20") as temporal:
                await record(postgres, temporal, LONG_LIVES)


if __name__ == "__main__":
    run_and_leave(lambda: asyncio.run(main()))
