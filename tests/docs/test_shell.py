"""The commands of the documentation work, and print what the pages say.

The `sh` blocks of each page are typed into one shell, one after another, beside a `cadenza up --dev`. Each line of a
`text` block must be in the output of the block right above it; `...` stands for anything.
"""

import re

import pytest

from tests.docs.conftest import END_OF_BLOCK, Reader
from tests.docs.pages import Block, blocks, pages, text_of
from tests.integration.up.up_run import UpRun

TERMINAL = "docs/rest.md"
"""Pages that link to its section "At a terminal" need its first block, which defines `api` and `pick`."""


README = "README.md"
"""These pages need the result of its first block: an example sequence with a lead in it."""
AFTER_THE_README = frozenset({"docs/operations.md", "docs/sequences-as-code.md"})


def typed(page: str) -> list[Block]:
    return [block for block in blocks(page) if block.language == "sh" and not block.not_run]


@pytest.mark.parametrize("page", [page for page in pages() if typed(page)])
async def test_the_commands_of_a_page_do_what_is_said_below_them(page: str, reader: Reader) -> None:
    run = [*before(page), *typed(page)]
    status, out = await reader.types("".join(f"{block.text}echo '{END_OF_BLOCK}'\n" for block in run))
    printed = out.split(f"{END_OF_BLOCK}\n")
    assert status == 0, f"{run[len(printed) - 1].place}: {printed[-1]}"
    for block, text in zip(run, printed[:-1], strict=True):
        assert_said(block, text)


def before(page: str) -> list[Block]:
    """The blocks that a reader of this page has typed before."""
    terminal = [typed(TERMINAL)[0]] if "rest.md#at-a-terminal" in text_of(page) else []
    return (typed(README)[:1] if page in AFTER_THE_README else []) + terminal


def test_make_up_says_what_the_tutorial_shows(up: UpRun) -> None:
    (block,) = [block for block in blocks("docs/tutorial.md") if block.text == "make up\n"]
    assert_said(block, up.output.replace(up.run()["api_url"], "http://127.0.0.1:8000"))


def assert_said(block: Block, printed: str) -> None:
    words = " ".join(printed.split())
    for line in (block.said or "").splitlines():
        pattern = re.escape(" ".join(line.split())).replace(re.escape("..."), ".*")
        assert re.search(pattern, words), f"{block.place}: {line}\nis not in\n{printed}"
