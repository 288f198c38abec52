"""One minute of the load that `python -m bench.soak` keeps up for an hour: the same processes, the same user
actions."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
MUST_BE_NONE = (
    "unfinished",
    "failed",
    "overdue",
    "duplicated",
    "emails_after_reply",
    "api_failures",
    "log_errors",
)


async def soaked() -> dict[str, Any]:
    """Returns the figures of a run in its own process, which ends by the guarded exit together with its Temporal
    client."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.soak", "--short", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(said.splitlines()[-1])["figures"]


@pytest.mark.long
async def test_a_minute_of_load_leaves_nothing_undone_and_no_error() -> None:
    figures = await soaked()

    assert figures["arrived"] >= 50
    assert figures["emails"] > figures["arrived"]
    # Waiting leads are still under way. All others have reached their end.
    assert figures["finished"] >= 0.7 * figures["arrived"]
    assert {name: figures[name] for name in MUST_BE_NONE} == dict.fromkeys(MUST_BE_NONE, 0)
