"""A reader who types the commands of the documentation, beside a running `cadenza up --dev`."""

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

# Pages whose commands only the operator's tenant, the first one, may run.
OPERATORS = frozenset({"docs/operations.md"})
END_OF_BLOCK = "--- the block has ended ---"


@dataclass(frozen=True)
class Reader:
    """Works in a folder with links to the repository's folders, so that files of the commands are written here."""

    folder: Path
    api_url: str
    key: str
    temporal_address: str

    async def types(self, script: str) -> tuple[int, str]:
        """Runs a script. Returns the exit status of the shell, and everything that it printed."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # An editor that needs no person: it changes the subject.
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
    """A reader with a tenant of its own for each page, so that pages do not see each other's data."""
    run = up.run()
    if page not in OPERATORS:
        run = await asyncio.to_thread(new_tenant, run, page)
    # Link folders only. A command that writes a file (`.env`) must not overwrite the developer's own file.
    for room in ROOT.iterdir():
        if room.is_dir() and (room.name == ".venv" or not room.name.startswith(".")):
            (tmp_path / room.name).symlink_to(room)
    (tmp_path / ".cadenza").mkdir()
    (tmp_path / ".cadenza" / "run.json").write_text(json.dumps(run), "utf-8")
    return Reader(tmp_path, run["api_url"], run["api_key"], run["temporal_address"])
