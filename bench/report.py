"""The output of a benchmark: progress on stderr, and one JSON line with the figures on stdout."""

import json
import sys
from collections.abc import Mapping
from typing import Any


def progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def result(bench: str, figures: Mapping[str, Any]) -> None:
    print(json.dumps({"bench": bench, "figures": dict(figures)}), flush=True)
