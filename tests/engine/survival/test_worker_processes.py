"""`cadenza worker --processes 2`: one of them is killed, and the enrollments go on; none outlives the one over them."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import httpx
import psutil

from cadenza.embedded.ports import LOOPBACK, choose_port, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.errors import StartError
from tests.part_process import part
from tests.programs import Process
from tests.stage import Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
PATIENCE_SECONDS = 60.0


def workers(supervisor: Process) -> set[int]:
    return {child.pid for child in psutil.Process(supervisor.pid).children()}


def two_ports() -> int:
    """The first of two, one after the other, that nothing listens on."""
    while True:
        port = free_port()
        with contextlib.suppress(StartError):
            return choose_port("--port", port + 1, 0, set()) - 1


async def test_a_worker_that_dies_is_started_again_and_all_end_with_the_process_over_them(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, tmp_path: Path
) -> None:
    await stage.stop_worker()
    sequence, leads = await stage.sequence([EMAIL]), [await stage.lead() for _ in range(6)]
    servers, file = (migrated_postgres.app_url, temporal_server.address), tmp_path / "workers.log"

    async def said(words: str) -> None:
        async def is_there() -> bool:
            return words in await asyncio.to_thread(file.read_text)

        await stage.until(is_there, words, PATIENCE_SECONDS)

    with file.open("wb") as log:
        options, port = ("--processes", "2"), two_ports()
        watched = {"CADENZA_METRICS_PORT": str(port)}
        async with part("worker", stage, *servers, options=options, log=log, **watched) as supervisor:
            await said("2 workers ready")
            both = workers(supervisor)
            assert len(both) == 2
            async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
                for own in (port, port + 1):
                    assert (await http.get(f"http://{LOOPBACK}:{own}/readyz")).is_success
            killed = min(both)
            os.kill(killed, signal.SIGKILL)
            for enrollment in await stage.enroll(sequence, *leads):
                await stage.until_status(enrollment, "completed", within_seconds=PATIENCE_SECONDS)
            await said("died (signal 9), started again")
            left = [psutil.Process(pid) for pid in workers(supervisor)]
            assert len(left) == 2 and killed not in {process.pid for process in left}
            supervisor.terminate()
            assert await asyncio.wait_for(supervisor.wait(), PATIENCE_SECONDS) == 0
    assert not any(process.is_running() for process in left)
    assert all([len(await stage.subjects_to(lead)) == 1 for lead in leads])
    assert stage.sink.duplicates() == []
