"""Describes the machine on which a benchmark was run: a figure means little without it."""

import asyncio
import os
import platform
import re
import tempfile
from pathlib import Path

import asyncpg

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_binary import find_temporal


async def machine() -> dict[str, str | int]:
    """Returns the number of cores, the CPU model, and the versions of the system, Python, Temporal and Postgres."""
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as name:
        folder = Path(name)
        return {
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            "cpu": await asyncio.to_thread(_cpu_model),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "temporal": await _temporal_version(folder),
            "postgres": await _postgres_version(folder),
        }


async def _temporal_version(folder: Path) -> str:
    program = await find_temporal(folder, None, folder / "temporal.log")
    asked = await asyncio.create_subprocess_exec(program, "--version", stdout=asyncio.subprocess.PIPE)
    output, _ = await asked.communicate()
    return output.decode().strip().removeprefix("temporal version ")


async def _postgres_version(folder: Path) -> str:
    async with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
        connection = await asyncpg.connect(postgres.owner_url)
        try:
            return str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()


def _cpu_model() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or platform.machine()
