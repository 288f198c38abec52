"""What docs/tutorial.md has a newcomer type does what it says: its shell blocks, one after the other in one shell,
against a `cadenza up --dev` of their own. Each line of a `text` block is found in what the block before it printed."""

import asyncio
import os
import re
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.api_process import PATIENCE_SECONDS, clean_environment
from tests.integration.up.up_run import UpRun, dev_run

ROOT = Path(__file__).parents[3]
TUTORIAL = ROOT / "docs" / "tutorial.md"
# An `sh` block, and the `text` block right below it, which tells what it prints.
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
END_OF_BLOCK = "--- the block has ended ---"


@pytest.fixture
def up() -> Generator[UpRun]:
    with dev_run() as run:
        yield run


async def test_the_shell_blocks_do_what_is_said_below_them(up: UpRun, tmp_path: Path) -> None:
    tutorial = TUTORIAL.read_text("utf-8")
    blocks = BLOCK.findall(tutorial)
    assert len(blocks) == tutorial.count("\n```sh\n") >= 8
    assert sum(said != "" for _, said in blocks) == tutorial.count("\n```text\n")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    script = "set -euo pipefail\n" + "".join(f"{typed}echo '{END_OF_BLOCK}'\n" for typed, _ in blocks)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", script, cwd=tmp_path, env=clean_environment(CADENZA_HOME=str(up.home), PATH=path),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(shell.communicate(), PATIENCE_SECONDS)
    assert shell.returncode == 0, out.decode()
    printed = out.decode().split(f"{END_OF_BLOCK}\n")
    for (typed, said), block in zip(blocks, printed[:-1], strict=True):
        words = " ".join(block.split())
        for line in said.splitlines():
            assert " ".join(line.split()) in words, f"{typed}\nprinted\n{block}"
