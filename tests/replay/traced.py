"""Which lines of the workflows a replay has run: what no recorded history reaches, no test of replay protects."""

import inspect
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import CodeType, FrameType, ModuleType
from typing import Any


class Traced:
    """An executor for a replayer's workflow tasks that notes each line of `modules` which it runs."""

    def __init__(self, *modules: ModuleType) -> None:
        self._modules = {str(module.__file__): module for module in modules}
        self._ran: dict[str, set[int]] = {file: set() for file in self._modules}

    def executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(initializer=lambda: sys.settrace(self._trace))

    def unreached(self) -> set[str]:
        """The text of each line within a function that was not run, after its module's name."""
        lines: set[str] = set()
        for file, module in self._modules.items():
            source = inspect.getsource(module)
            text = source.splitlines()
            whole = compile(source, file, "exec")
            numbers = {number for code in _functions(whole) for number in _lines(code)}
            lines |= {f"{module.__name__}: {text[number - 1].strip()}" for number in numbers - self._ran[file]}
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
