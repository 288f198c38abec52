"""The survival run in small (docs/survival.md): sixty leads, a few deaths of each kind, and the naive sender beside.

What is asserted are counts, and nothing that a slow machine could change.
"""

from pathlib import Path

import pytest

from bench.chaos.kills import Victim
from bench.chaos.run import Form, RunSize, killed, run

SEED = 5
SMALL = RunSize(
    enrollments=60,
    control=30,
    enroll_seconds=12.0,
    wait_seconds=20,
    span_seconds=24.0,
    kills={Victim.WORKER: 2, Victim.API: 1, Victim.TEMPORAL: 1, Victim.POSTGRES: 1},
)


@pytest.mark.long
async def test_everybody_ends_as_foretold_and_no_email_is_lost_or_sent_twice(tmp_path: Path) -> None:
    outcome = await run(Form("skip", control=True), SMALL, SEED, tmp_path)
    verdict = outcome.verdict
    figures = verdict.figures()
    assert verdict.findings == []
    assert figures["enrollments"] == figures["as_expected"] == SMALL.enrollments
    assert figures["lost"] == figures["duplicated"] == figures["emails_after_reply"] == 0
    # The mail server cut connections at the final dot, and each of those, and no other, is what is unknown.
    assert figures["unknown"] == figures["unknown_explained"] > 0
    assert outcome.evidence.open_workflows == 0
    deaths = killed(outcome.evidence)
    assert {victim: deaths[victim] for victim in SMALL.kills} == dict(SMALL.kills)
    # The same faults, without a committed moment before the final dot: the run has the power to convict.
    assert outcome.control is not None
    assert outcome.control.duplicated > 0
