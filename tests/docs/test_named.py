"""Names in text that no test runs must exist: commands that are not run or are quoted, paths, variables, requests."""

import json
import re
import subprocess
import sys

import pytest

from tests.docs import commands
from tests.docs.pages import ROOT, Block, blocks, pages, spans, text_of

PATHS = json.loads((ROOT / "web" / "openapi.json").read_text("utf-8"))["paths"]
REQUEST = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE) )(/[\w{}/.-]*)")
# Commands in a sentence. `...`, NAMES and values in them are placeholders.
QUOTED = re.compile(r"(?:\S+=\S+ )*(?:\S*/)?(cadenza|make|python3?|docker|kubectl|temporal|npm) [a-z-]")

FILE = re.compile(r"(\w+)/[\w./-]*(?:::\w+)?")
# Examples of extending.md and of a migration, and what `make` builds.
MADE_BY_THE_READER = frozenset(
    {
        "domain/sequences/actions/set_field.py",
        "domain/sequences/conditions/clicked_twice.py",
        "domain/sequences/steps/wait_until.py",
        "db/migrations/sql/NNNN_name.sql",
        "db/migrations/versions/NNNN_name.py",
        "services/engine/actions/set_field.py",
        "web/dist",
    }
)


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
    known.add(("GET", "/metrics"))  # for Prometheus; not in the OpenAPI document
    for span in spans(page):
        for method, path in REQUEST.findall(span):
            assert (method, pattern(path)) in known, f"{page}: {span}"


@pytest.mark.parametrize("page", pages())
def test_files_in_sentences_are_there(page: str) -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    for span in spans(page):
        named = FILE.fullmatch(span)
        if named and named[1] in rooms and span not in MADE_BY_THE_READER:
            assert (ROOT / span.split("::")[0]).exists(), f"{page}: {span}"


def test_paths_and_classes_of_the_glossary_are_there() -> None:
    """So that a renamed class or endpoint is renamed in the glossary, too."""
    rooms = ("domain", "workflows", "activities", "services", "db", "mail", "webhooks", "api")
    source = "".join(file.read_text("utf-8") for room in rooms for file in (ROOT / room).rglob("*.py"))
    known = {pattern(path) for path in PATHS} | {"/metrics"}
    named = spans("docs/glossary.md")
    paths = {span.split()[-1] for span in named if re.fullmatch(r"(?:[A-Z]+ )?/[\w{}/-]+", span)}
    classes = {span for span in named if re.fullmatch(r"(?:[A-Z][a-z]+){1,3}", span)}
    assert len(paths) >= 20 and len(classes) >= 5
    assert {path for path in paths if pattern(path) not in known} == set()
    assert {name for name in classes if f"class {name}" not in source} == set()


def pattern(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("page", pages())
def test_variables_are_read_by_somebody(page: str) -> None:
    assert set(commands.VARIABLE.findall(text_of(page))) - commands.VARIABLES == set()


@pytest.mark.parametrize("target", sorted(commands.TARGETS))
def test_make_knows_how_to_make_each_target(target: str) -> None:
    made = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def modules_with_options() -> list[str]:
    named = {module for block in left_out() for module in re.findall(r"-m (bench[\w.]*)", block.text)}
    return sorted(module for module in named if commands.options_of_module(module))


@pytest.mark.parametrize("module", modules_with_options())
def test_a_benchmark_says_what_its_options_are(module: str) -> None:
    command = [sys.executable, "-m", module, "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert commands.options_of_module(module) <= set(re.findall(r"--[\w-]+", told))


def test_a_command_that_is_not_there_is_found() -> None:
    for wrong in ("cadenza explode", "cadenza up --quickly", "make it", "python -m bench.nothing", "rm -rf /"):
        with pytest.raises(AssertionError):
            commands.check(wrong)
