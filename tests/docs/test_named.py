"""What nobody runs here names what there is: commands that are left out, or quoted in a sentence; paths; variables."""

import json
import re

import pytest

from tests.docs import commands
from tests.docs.pages import ROOT, Block, blocks, pages, spans, text_of

PATHS = json.loads((ROOT / "web" / "openapi.json").read_text("utf-8"))["paths"]
REQUEST = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE) )(/[\w{}/.-]*)")
# Commands that a sentence quotes; `...`, NAMES and values in them are the reader's.
QUOTED = re.compile(r"(?:\S+=\S+ )*(?:\S*/)?(cadenza|make|python3?|docker|kubectl|temporal|npm) [a-z-]")


def left_out() -> list[Block]:
    return [block for page in pages() for block in blocks(page) if block.not_run]


@pytest.mark.parametrize("block", left_out(), ids=lambda block: block.place)
def test_commands_that_are_not_run_name_what_there_is(block: Block) -> None:
    commands.check(block.text)


@pytest.mark.parametrize("page", pages())
def test_commands_in_sentences_name_what_there_is(page: str) -> None:
    for span in spans(page):
        if QUOTED.match(span):
            commands.check(span.replace("...", ""))


@pytest.mark.parametrize("page", pages())
def test_requests_in_sentences_are_of_the_api(page: str) -> None:
    known = {(method.upper(), pattern(path)) for path, methods in PATHS.items() for method in methods}
    known.add(("GET", "/metrics"))  # for Prometheus, and in no document
    for span in spans(page):
        for method, path in REQUEST.findall(span):
            assert (method, pattern(path)) in known, f"{page}: {span}"


def pattern(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("page", pages())
def test_variables_are_read_by_somebody(page: str) -> None:
    assert set(commands.VARIABLE.findall(text_of(page))) - commands.VARIABLES == set()


def test_a_command_that_is_not_there_is_found() -> None:
    for wrong in ("cadenza explode", "cadenza up --quickly", "make it", "python -m bench.nothing", "rm -rf /"):
        with pytest.raises(AssertionError):
            commands.check(wrong)
