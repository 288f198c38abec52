"""`make demo`, as in the README: two virtual weeks in one run."""

import asyncio
import os
import sys
from pathlib import Path

from tests.api_process import PATIENCE_SECONDS, clean_environment
from tests.docs.pages import ROOT, text_of


async def test_make_demo_plays_the_sequence_to_its_end() -> None:
    assert "\nmake demo " in text_of("README.md")
    environment = clean_environment(PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    # Variables of a surrounding `make test ARGS=...` would become options of the demo.
    for name in ("ARGS", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS"):
        environment.pop(name, None)
    make = await asyncio.create_subprocess_exec(
        "make", "demo", cwd=ROOT, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(make.communicate(), 2 * PATIENCE_SECONDS)
    told = out.decode()
    assert make.returncode == 0, told
    for line in ("5 leads", "sent, stopped: replied; the lead is qualified", "stopped: unsubscribed", "completed"):
        assert line in told, told
