"""A small survival run (docs/survival.md): sixty leads, a few deaths of each kind, and the naive sender for comparison.

The assertions are on counts only, so that a slow machine changes nothing.
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
async def test_every_lead_ends_as_expected_and_no_email_is_lost_or_sent_twice(tmp_path: Path) -> None:
    outcome = await run(Form("skip", control=True), SMALL, SEED, tmp_path)
    verdict = outcome.verdict
    figures = verdict.figures()
    assert verdict.findings == []
    assert figures["enrollments"] == figures["as_expected"] == SMALL.enrollments
    assert figures["lost"] == figures["duplicated"] == figures["emails_after_reply"] == 0
    # The mail server cut connections at the final dot. Exactly those messages have an unknown outcome.
    assert figures["unknown"] == figures["unknown_explained"] > 0
    assert outcome.evidence.open_workflows == 0
    deaths = killed(outcome.evidence)
    assert {victim: deaths[victim] for victim in SMALL.kills} == dict(SMALL.kills)
    # The same faults without a commit before the final dot: the run detects duplicates where there are any.
    assert outcome.control is not None
    assert outcome.control.duplicated > 0
