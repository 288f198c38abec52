"""Runs every benchmark, one after another, and prints the JSON line of each.

    make bench                             all, at full size: takes hours
    make bench ARGS=--quick                each at a small size: shows that it runs, not how fast
    make bench ARGS="cost import"          these only
    make bench ARGS="--output results.json"

A benchmark is a module or package of this folder that ends with `result("<its name>", ...)`. It is found by this call,
so none can be forgotten. If one fails, the others still run and the exit code is 1. `--output` also writes all results
to a file, with a description of the machine.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measures.machine import machine
from bench.report import progress
from bench.servers.child_process import ROOT
from cadenza.exit import run_and_leave

HERE = Path(__file__).parent
_RESULT = re.compile(r'^ +result\(\s*"(\w+)"', re.MULTILINE)

# Arguments of each benchmark at a small size. One that is not listed has only one size.
QUICK: Mapping[str, Sequence[str]] = {
    "analytics": ("--enrollments", "20000", "--requests", "60", "--small", "50"),
    "bulk": ("--leads", "1000", "--many", "3000", "--seconds", "10"),
    "chaos": ("--enrollments", "60"),
    "dbos": ("--leads", "40"),
    "fairness": ("--leads", "500", "--samples", "10"),
    "import": ("--rows", "5000"),
    "inbound": ("--seconds", "1"),
    "memory": ("--open", "200", "--many", "600"),
    "profile": ("--leads", "40"),
    "reply_latency": ("--replies", "20", "--load", "200"),
    "slots": ("--slots", "2000"),
    "soak": ("--short",),
    "throughput": ("--leads", "40"),
    "ui": ("--sequences", "5", "--steps", "6", "--leads", "200", "--runs", "1"),
}


def benchmarks() -> dict[str, str]:
    """Returns the module of each benchmark by name, sorted by name."""
    found: dict[str, str] = {}
    for file in sorted([*HERE.glob("*.py"), *HERE.glob("*/__main__.py")]):
        module = file.parent.name if file.parent != HERE else file.stem
        for name in _RESULT.findall(file.read_text("utf-8")):
            found[name] = f"bench.{module}"
    return dict(sorted(found.items()))


async def run(name: str, module: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Runs one benchmark. Returns its command, duration in seconds and exit code, and its figures (None if it printed
    none)."""
    progress(f"--- {name}")
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    line = (output.decode().strip().splitlines() or [""])[-1]
    if line:
        print(line, flush=True)
    return {
        "bench": name,
        "command": " ".join(["python", "-m", module, *arguments]),
        "seconds": round(time.perf_counter() - began, 1),
        "exit_code": process.returncode,
        "figures": _figures(line),
    }


def _figures(line: str) -> Any:
    try:
        return json.loads(line)["figures"]
    except (ValueError, KeyError, TypeError):
        return None


async def run_all(modules: Mapping[str, str], quick: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """Returns the result of each benchmark, and the names of those that failed."""
    results = [await run(name, module, QUICK.get(name, ()) if quick else ()) for name, module in modules.items()]
    return results, [one["bench"] for one in results if one["exit_code"] != 0 or one["figures"] is None]


async def main(names: Sequence[str], quick: bool, output: Path | None) -> int:
    known = benchmarks()
    results, failed = await run_all({name: known[name] for name in names or known}, quick)
    if output is not None:
        written = json.dumps({"machine": await machine(), "results": results, "failed": failed}, indent=2)
        await asyncio.to_thread(output.write_text, written + "\n", "utf-8")
    progress(f"{len(results) - len(failed)} of {len(results)} ran; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def known_name(text: str) -> str:
    if text not in benchmarks():
        raise argparse.ArgumentTypeError(f"there is no benchmark {text!r}; there are {', '.join(benchmarks())}")
    return text


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", type=known_name, metavar="name", help="of a benchmark; all without one")
    parser.add_argument("--quick", action="store_true", help="each at a small size")
    parser.add_argument("--list", action="store_true", help="name them and their modules, and run none")
    parser.add_argument("--output", type=Path, help="a file for all results, and the machine they were measured on")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.list:
        for name, module in benchmarks().items():
            print(name, module)
    else:
        run_and_leave(lambda: sys.exit(asyncio.run(main(given.names, given.quick, given.output))))
