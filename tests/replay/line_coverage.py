"""Finds the lines of the workflows that no replay reaches, and that are therefore not protected by a history."""

import inspect
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any


class LineCoverage:
    """Provides an executor for a replayer's workflow tasks that records which lines of `modules` run."""

    def __init__(self, *modules: ModuleType) -> None:
        self._ran: dict[str, set[int]] = {str(module.__file__): set() for module in modules}

    def executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(initializer=lambda: sys.settrace(self._trace))

    def unreached(self) -> set[str]:
        """Returns each line inside a function that did not run, with the line above it: `... / ...`."""
        lines: set[str] = set()
        for file, ran in self._ran.items():
            source = Path(file).read_text("utf-8")
            text = source.splitlines()
            whole = compile(source, file, "exec")
            numbers = {number for code in _functions(whole) for number in _lines(code)}
            lines |= {" / ".join(line.strip() for line in text[n - 2 : n]) for n in numbers - ran}
        return lines

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        ran = self._ran.get(frame.f_code.co_filename)
        if ran is None:
            return None
        if event == "line":
            ran.add(frame.f_lineno)
        return self._trace


def _functions(code: CodeType) -> Iterator[CodeType]:
    """Yields the code of every function in a module, including methods and lambdas."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & inspect.CO_OPTIMIZED:
                yield constant
            yield from _functions(constant)


def _lines(code: CodeType) -> set[int]:
    """Returns the lines that a trace can report, so not a function's own first line (`def`)."""
    return {number for _, _, number in code.co_lines() if number and number != code.co_firstlineno}
