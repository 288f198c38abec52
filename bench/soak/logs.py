"""What the logs of all processes say that they should not."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

COMPLAINT = re.compile(
    r"\b(WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC|Traceback|Unclosed|never awaited|Task exception)\b"
    r'|"level":"(warn|error|fatal)"'
    r"|^panic:"
)
# Temporal's SDK of a workflow task of five seconds, or of one that was somebody else's by the time it was done;
# Temporal of a request that was given up: true of any machine that is too busy, and its lag says how much.
LATE = re.compile(
    r"TMPRL1104|Task not found when completing|Activity not found on completion"
    r'|error="context (canceled|deadline exceeded)"'
)


class Logs:
    """Reads each log onward from where it was read to; a complaint is a line that matches `COMPLAINT`.

    What stands in a log by now does not count: servers that start are asked whether they are ready before they are."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._read = {name: path.stat().st_size if path.exists() else 0 for name, path in paths.items()}
        self.complaints: Counter[str] = Counter()
        self.examples: list[str] = []
        self.late = 0

    def forget(self) -> int:
        """Begins to count anew; how many lines there were of either kind."""
        total = self.complaints.total() + self.late
        self.complaints.clear()
        self.late = 0
        self.examples.clear()
        return total

    def read_on(self) -> int:
        """How many complaints there are so far, in all logs."""
        for name, path in self._paths.items():
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(self._read[name])
                read = file.read()
            # A line that is still being written is read next time.
            whole = read[: read.rfind(b"\n") + 1]
            self._read[name] += len(whole)
            for line in whole.decode(errors="replace").splitlines():
                if LATE.search(line):
                    self.late += 1
                elif COMPLAINT.search(line):
                    self.complaints[name] += 1
                    self.examples.append(f"{name}: {line[:1500]}")
        return self.complaints.total()
