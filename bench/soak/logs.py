"""Counts warnings and errors in the logs of all processes."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

COMPLAINT = re.compile(
    r"\b(WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC|Traceback|Unclosed|never awaited|Task exception)\b"
    r'|"level":"(warn|error|fatal)"'
    r"|^panic:"
)
# Temporal's SDK: a workflow task took longer than five seconds, or was reassigned before it was done. Temporal: a
# request was cancelled. Any overloaded machine causes these lines; the lag shows by how much.
LATE = re.compile(
    r"TMPRL1104|Task not found when completing|Activity not found on completion"
    r'|error="context (canceled|deadline exceeded)"'
)


class Logs:
    """Reads what was appended to each log. A complaint is a line that matches `COMPLAINT`.

    Lines from before its creation do not count: health checks fail while the servers start."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._read = {name: path.stat().st_size if path.exists() else 0 for name, path in paths.items()}
        self.complaints: Counter[str] = Counter()
        self.examples: list[str] = []
        self.late = 0

    def forget(self) -> int:
        """Resets the counts; returns the number of complaints and late lines so far."""
        total = self.complaints.total() + self.late
        self.complaints.clear()
        self.late = 0
        self.examples.clear()
        return total

    def read_on(self) -> int:
        """Reads the new lines; returns the number of complaints so far in all logs."""
        for name, path in self._paths.items():
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(self._read[name])
                read = file.read()
            # An incomplete last line is read next time.
            whole = read[: read.rfind(b"\n") + 1]
            self._read[name] += len(whole)
            for line in whole.decode(errors="replace").splitlines():
                if LATE.search(line):
                    self.late += 1
                elif COMPLAINT.search(line):
                    self.complaints[name] += 1
                    self.examples.append(f"{name}: {line[:1500]}")
        return self.complaints.total()
