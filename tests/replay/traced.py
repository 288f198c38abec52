"""Which lines of the workflows a replay has run: what no recorded history reaches, no test of replay protects."""

import inspect
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any


class Traced:
    """An executor for a replayer's workflow tasks that notes each line of `modules` which it runs."""

    def __init__(self, *modules: ModuleType) -> None:
        self._ran: dict[str, set[int]] = {str(module.__file__): set() for module in modules}

    def executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(initializer=lambda: sys.settrace(self._trace))

    def unreached(self) -> set[str]:
        """Each line within a function that was not run, with the line above it: `... / ...`."""
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
    """Every function's code below a module's, those of classes' methods and of lambdas too."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & inspect.CO_OPTIMIZED:
                yield constant
            yield from _functions(constant)


def _lines(code: CodeType) -> set[int]:
    """Those that a trace can tell of: a function's own first line (`def`) is none."""
    return {number for _, _, number in code.co_lines() if number and number != code.co_firstlineno}
