"""`cadenza worker` of another release: the same program with another version of the enrollment's workflow.

.venv/bin/python -m tests.engine.releases.worker patched
"""

import asyncio
import sys

from cadenza.exit import run_and_leave
from cadenza.runtime import lifeline, worker
from cadenza.settings import load_settings
from tests.engine.releases.broken import BrokenEnrollmentWorkflow
from tests.engine.releases.patched import PatchedEnrollmentWorkflow
from workflows.enrollment import EnrollmentWorkflow

RELEASES = {"plain": EnrollmentWorkflow, "patched": PatchedEnrollmentWorkflow, "broken": BrokenEnrollmentWorkflow}

if __name__ == "__main__":
    lifeline.attach()
    worker.EnrollmentWorkflow = RELEASES[sys.argv[1]]
    run_and_leave(lambda: asyncio.run(worker.run(load_settings())))
