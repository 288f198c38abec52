"""A reader who types the commands of the documentation, beside a running `cadenza up --dev`."""

import asyncio
import json
import os
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api_process import PATIENCE_SECONDS, clean_environment
from tests.docs.pages import ROOT
from tests.integration.up.up_run import UpRun, dev_run

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


@pytest.fixture(scope="session")
def up() -> Generator[UpRun]:
    with dev_run() as run:
        yield run


@pytest.fixture
async def reader(up: UpRun, page: str, tmp_path: Path) -> Reader:
    """A reader with a tenant of its own for each page, so that pages do not see each other's data."""
    run = up.run()
    if page not in OPERATORS:
        run["api_key"] = await _new_tenant(run, page)
    # Link folders only. A command that writes a file (`.env`) must not overwrite the developer's own file.
    for room in ROOT.iterdir():
        if room.is_dir() and (room.name == ".venv" or not room.name.startswith(".")):
            (tmp_path / room.name).symlink_to(room)
    (tmp_path / ".cadenza").mkdir()
    (tmp_path / ".cadenza" / "run.json").write_text(json.dumps(run), "utf-8")
    return Reader(tmp_path, run["api_url"], run["api_key"], run["temporal_address"])


async def _new_tenant(run: dict[str, Any], name: str) -> str:
    """Creates a tenant with a mailbox, like the first one of `cadenza up`. Returns its API key."""
    async with httpx.AsyncClient(base_url=run["api_url"], trust_env=False, timeout=PATIENCE_SECONDS) as http:

        async def post(path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = await http.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
            return answer.raise_for_status().json()

        made = await post("/tenants", run["api_key"], {"name": name, "postal_address": "1 Main Street, Springfield"})
        mailbox = {"email": f"sam@{made['id']}.example", "name": "Sam"}
        await post("/mailboxes", made["api_key"], mailbox)
        return made["api_key"]
