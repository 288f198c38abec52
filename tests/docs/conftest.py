"""Somebody who reads the documentation beside a running `cadenza up --dev`, and types what it says."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api_process import PATIENCE_SECONDS, clean_environment
from tests.docs.pages import ROOT
from tests.integration.up.up_run import UpRun, new_tenant

# What a page needs that only the first tenant, the operator's, may do.
OPERATORS = frozenset({"docs/operations.md"})
END_OF_BLOCK = "--- the block has ended ---"


@dataclass(frozen=True)
class Reader:
    """In a folder that looks like the repository, and is another: what the commands write is written here."""

    folder: Path
    api_url: str
    key: str
    temporal_address: str

    async def types(self, script: str) -> tuple[int, str]:
        """The exit status of a shell, and all that it printed."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # An editor which needs nobody: it gives another subject.
        editor = "sed -i.before s/Quick/Short/"
        shell = await asyncio.create_subprocess_exec(
            "bash", "-c", f"set -euo pipefail\n{script}", cwd=self.folder,
            env=clean_environment(PATH=path, EDITOR=editor, TEMPORAL_ADDRESS=self.temporal_address),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(shell.communicate(), PATIENCE_SECONDS)
        assert shell.returncode is not None
        return shell.returncode, out.decode()


@pytest.fixture
async def reader(up: UpRun, page: str, tmp_path: Path) -> Reader:
    """With a tenant of the page's own, so that no page meets what another has made."""
    run = up.run()
    if page not in OPERATORS:
        run = await asyncio.to_thread(new_tenant, run, page)
    # No file: what a command writes (`.env`) must not reach one of the person who runs the tests.
    for room in ROOT.iterdir():
        if room.is_dir() and (room.name == ".venv" or not room.name.startswith(".")):
            (tmp_path / room.name).symlink_to(room)
    (tmp_path / ".cadenza").mkdir()
    (tmp_path / ".cadenza" / "run.json").write_text(json.dumps(run), "utf-8")
    return Reader(tmp_path, run["api_url"], run["api_key"], run["temporal_address"])
