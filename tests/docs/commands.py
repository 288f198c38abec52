"""Checks a command without running it: everything that it names must exist.

A program without a check here fails the test. Whoever documents a new program adds its check.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from typer.core import TyperGroup
from typer.main import get_command

from cadenza.cli import app
from cadenza.commands.lazy_commands import loaded_command
from cadenza.settings import Settings
from tests.docs.pages import ROOT

VARIABLE = re.compile(r"\bCADENZA_[A-Z_]+[A-Z]\b")
# These read variables that are not settings of the program.
READERS = ("cadenza/commands/api_client.py", "docker-compose.yml")
VARIABLES = {f"CADENZA_{name.upper()}" for name in Settings.model_fields} | {
    name for reader in READERS for name in VARIABLE.findall((ROOT / reader).read_text("utf-8"))
}
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(MAKEFILE.split(".PHONY:")[1].split("\n")[0].split())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))

_BETWEEN = {"&&", "||", "|", ";", "&"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def check(text: str) -> None:
    """Asserts that everything that the commands of a text name exists."""
    for words in commands_in(text):
        while words and _ASSIGNMENT.match(words[0]):
            _check_variable(words.pop(0))
        if words:
            program = words[0].rsplit("/", 1)[-1]
            assert program in PROGRAMS, f"no check for {program}: {' '.join(words)}"
            PROGRAMS[program](words[1:])


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each command, without comments, with continued lines joined, and with `$(...)` as one word."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        reader = shlex.shlex(re.sub(r"\$\([^)]*\)", "GIVEN", line), posix=True, punctuation_chars="|&;<>")
        reader.whitespace_split = True
        words: list[str] = []
        for word in [*reader, ";"]:
            if word in _BETWEEN:
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def _check_variable(assignment: str) -> None:
    name = assignment.split("=")[0]
    assert not name.startswith("CADENZA_") or name in VARIABLES, name


def _cadenza(words: Sequence[str]) -> None:
    command: Any = get_command(app)
    left = list(words)
    while isinstance(command, TyperGroup) and left and not left[0].startswith("-"):
        assert left[0] in command.commands, f"cadenza has no command {left[0]!r}"
        command = loaded_command(command.commands[left.pop(0)])
    known = {"--help", "--install-completion", "--show-completion"}
    known |= {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    _check_options(left, known)


def _make(words: Sequence[str]) -> None:
    for word in words:
        if word.startswith("ARGS="):
            _check_arguments(words[0], shlex.split(word.removeprefix("ARGS=")))
        elif not _ASSIGNMENT.match(word):
            assert word in TARGETS, f"make has no target {word!r}"


def _check_arguments(target: str, given: Sequence[str]) -> None:
    if target == "test":
        for path in given:
            assert (ROOT / path.split("::")[0]).exists(), path
    elif target in ("up", "demo"):
        _cadenza([target, *given])
    else:
        _check_options(given, options_of_module({"chaos": "bench.chaos", "bench": "bench"}[target]))


def _python(words: Sequence[str]) -> None:
    if words[:1] == ["-m"]:
        _check_options(words[2:], options_of_module(words[1]))
    elif words[:1] != ["-c"]:
        _paths(words)


@cache
def options_of_module(module: str) -> frozenset[str]:
    """The options that a module's source declares; empty if it has none."""
    found = find_spec(module)
    assert found is not None and found.origin is not None, f"there is no module {module}"
    if found.submodule_search_locations:
        found = find_spec(f"{module}.__main__")
        assert found is not None and found.origin is not None, f"{module} cannot be run"
    return frozenset(re.findall(r'add_argument\(\s*"(--[\w-]+)"', Path(found.origin).read_text("utf-8")))


def _docker(words: Sequence[str]) -> None:
    assert words[0] == "compose", words
    services = COMPOSE["services"].keys()
    profile, (verb, *rest) = (words[2], words[3:]) if words[1] == "--profile" else (None, words[1:])
    assert profile is None or any(profile in one.get("profiles", ()) for one in COMPOSE["services"].values()), profile
    named = [word for word in rest if not word.startswith("-")]
    scaled = {word.split("=")[0] for word in named if "=" in word}
    assert scaled <= services, scaled
    if verb in ("exec", "run", "cp"):
        assert named[0].split(":")[0] in services, named
    elif verb in ("up", "stop", "start", "restart", "logs", "pull", "build"):
        assert {word for word in named if "=" not in word} <= services, named
    else:
        assert verb in ("down", "ps"), verb


def _kubectl(words: Sequence[str]) -> None:
    """Checks files, and Kubernetes objects by their kind and name."""
    manifests = [*(ROOT / "deploy" / "kubernetes").rglob("*.yaml")]
    things = [thing for file in manifests for thing in yaml.safe_load_all(file.read_text("utf-8"))]
    there = {f"{thing['kind'].lower()}/{thing['metadata']['name']}" for thing in things if "metadata" in thing}
    _paths(word for word in words if word not in there)


def _temporal(words: Sequence[str]) -> None:
    path = [word for word in words[:2] if not word.startswith("-")]
    program = Path(sys.executable).parent / "temporal"
    told = [
        subprocess.run([program, *one], capture_output=True, text=True, check=True).stdout
        for one in ((*path, "--help"), ("options",))
    ]
    _check_options(words, set(re.findall(r"--[\w-]+", "".join(told))))


def _npm(words: Sequence[str]) -> None:
    if words[:1] == ["run"]:
        assert f'"{words[1]}":' in (ROOT / "web" / "package.json").read_text("utf-8"), words
    else:
        assert words[0] in ("ci", "test"), words


def _git(words: Sequence[str]) -> None:
    """Checks only the subcommand. The rest is the reader's own: a tag, a folder beside the clone."""
    assert words[0] in ("clone", "pull", "worktree"), words


def _paths(words: Iterable[str]) -> None:
    """Asserts that every word that looks like a path of the repository exists."""
    for word in words:
        if "/" in word and not word.startswith(("-", "/", "$", "http")):
            assert (ROOT / word).exists(), word


def _export(words: Sequence[str]) -> None:
    for word in words:
        _check_variable(word)


def _check_options(words: Iterable[str], known: Iterable[str]) -> None:
    for word in words:
        if re.match(r"--?[a-z]", word):
            assert word.split("=")[0] in known, f"{word} is not an option: {' '.join(sorted(known))}"


PROGRAMS: dict[str, Callable[[Sequence[str]], None]] = {
    "cadenza": _cadenza,
    "make": _make,
    "python": _python,
    "python3": _python,
    "docker": _docker,
    "kubectl": _kubectl,
    "temporal": _temporal,
    "npm": _npm,
    "git": _git,
    "cd": _paths,
    "export": _export,
}
