"""Reads the documentation for the tests: fenced blocks, and quoted words of the prose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"```(\w*)$")
_MARK = re.compile(r"<!-- not run: (.+) -->$")
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None
    """The reason why no test runs it, from the comment right above: `<!-- not run: needs a Docker engine -->`."""
    said: str | None
    """For a shell block: the `text` block right below it, with the expected output."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """The paths of all pages, relative to the root."""
    found = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [path.relative_to(ROOT).as_posix() for path in found]


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def blocks(page: str) -> list[Block]:
    return blocks_in(page, text_of(page))


def blocks_in(page: str, text: str) -> list[Block]:
    """The blocks of a page, in order."""
    found: list[Block] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        end = lines.index("```", number + 1)
        inside = "".join(f"{line}\n" for line in lines[number + 1 : end])
        mark = _MARK.match(lines[number - 1]) if number else None
        said = _said_below(lines, end) if opened[1] == "sh" else None
        found.append(Block(page, number + 1, opened[1], inside, mark[1] if mark else None, said))
        number = end + 1
    return found


def _said_below(lines: list[str], end: int) -> str | None:
    if lines[end + 1 : end + 3] != ["", "```text"]:
        return None
    return "\n".join(lines[end + 3 : lines.index("```", end + 3)])


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Each line outside the blocks, with its number."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def spans(page: str) -> list[str]:
    """Everything in backticks in the prose of a page, each on one line."""
    whole = "\n".join(line for _, line in prose(text_of(page)))
    return [" ".join(span.split()) for span in _SPAN.findall(whole)]
