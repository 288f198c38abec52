"""The README's lines at the command line, against `cadenza up --dev`, beside which nothing needs to be said."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import run_program
from tests.integration.up.up_run import UpRun, dev_run

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def up() -> Generator[UpRun]:
    with dev_run() as run:
        yield run


async def test_what_the_readme_shows(up: UpRun) -> None:
    async def does(*arguments: str) -> str:
        ran = await run_program(*arguments, environment={"CADENZA_HOME": str(up.home)})
        assert ran.status == 0, ran.err
        return ran.out

    ada = "ada@analytical.example"
    assert "5 created" in await does("leads", "import", str(EXAMPLES / "leads.csv"))
    assert "active" in await does("sequences", "apply", str(EXAMPLES / "cold-outreach.yaml"), "--activate")
    assert "1 enrolled" in await does("enroll", "Cold outreach", "--lead", ada)
    # The first email leaves at once; moving the clock by a moment waits for it.
    assert "moved 1 enrollments" in await does("fast-forward", "PT1M", "--lead", ada)
    assert (await does("explain", ada)).startswith("waiting  waits at `wait-3d` until ")
    assert "moved 1 enrollments" in await does("fast-forward", "P3D")
    told = await does("status", ada)
    assert "wait-4d" in told
