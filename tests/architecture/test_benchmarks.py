"""`make bench` runs every benchmark, and docs/benchmarks.md shows the command and the result of each promised
figure."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import QUICK, benchmarks, run_all

ROOT = Path(__file__).parents[2]
PROMISED = frozenset(
    ["analytics", "bulk", "chaos", "cost", "dbos", "fairness", "import", "memory", "reply_latency", "throughput"]
)


def modules_that_print_figures() -> set[str]:
    """Returns the modules that call `result` of bench/report.py, found by their syntax."""
    found: set[str] = set()
    for file in (ROOT / "bench").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        imported = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "bench.report"
            and any(name.name == "result" for name in node.names)
            for node in ast.walk(tree)
        )
        if imported and any(isinstance(call, ast.Name) and call.id == "result" for call in calls):
            found.add(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__"))
    return found


def test_the_list_names_every_module_that_prints_figures() -> None:
    command = [sys.executable, "-m", "bench", "--list"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    named = dict(line.split() for line in listed.stdout.splitlines())
    assert set(named.values()) == modules_that_print_figures()
    assert named.keys() >= PROMISED


def test_every_quick_size_belongs_to_a_benchmark() -> None:
    assert QUICK.keys() <= benchmarks().keys()


@pytest.mark.parametrize("name", sorted(PROMISED - {"chaos"}))
def test_each_promised_figure_has_its_command_and_its_line_in_the_docs(name: str) -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert f"-m {benchmarks()[name]}" in page
    lines = [line.strip() for line in page.splitlines() if line.strip().startswith('{"bench":')]
    assert name in [json.loads(line)["bench"] for line in lines]


async def test_a_failed_benchmark_does_not_stop_the_others() -> None:
    results, failed = await run_all({"missing": "bench.no_such_module", "inbound": "bench.inbound"}, quick=True)
    assert failed == ["missing"]
    assert results[1]["figures"]["accuracy"] == 1.0
