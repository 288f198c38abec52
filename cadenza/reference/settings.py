"""Makes docs/settings.md from the source: `python -m cadenza.reference.settings`.

The text of a setting is its docstring in `cadenza/settings.py`. A test fails if a setting has none, or if the document
is out of date.
"""

import ast
import inspect
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import HttpUrl, SecretStr
from pydantic.fields import FieldInfo

from cadenza.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "settings.md"

TOP = """# Settings

All settings are environment variables. An empty variable counts as not set. A variable with an invalid value stops the
program, which names the variable but not its value. [Running the parts](operations.md) says which part needs which
variables. The address of Temporal is not among them: it comes from Temporal's own `TEMPORAL_*` variables and profiles.

`python -m cadenza.reference.settings` makes this page from `cadenza/settings.py`.

| variable | value | default | |
|---|---|---|---|
"""

WORDS = {
    bool: "`true`, `false`",
    int: "whole number",
    float: "number",
    str: "text",
    SecretStr: "secret",
    HttpUrl: "URL",
    Path: "path",
}
BOUNDS = {
    "ge": "at least {}",
    "le": "at most {}",
    "min_length": "at least {} characters",
    "max_length": "at most {} characters",
}
# Settings name each other by their fields.
NAMES = re.compile("|".join(f"`{name}`" for name in Settings.model_fields))


def document() -> str:
    """The whole text."""
    told = docstrings()
    return TOP + "".join(_row(name, field, told[name]) for name, field in Settings.model_fields.items())


def docstrings() -> dict[str, str]:
    """The docstring under each field, on one line. Fields without one are left out."""
    (settings,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(settings, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in pairwise(settings.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _row(name: str, field: FieldInfo, told: str) -> str:
    told = NAMES.sub(lambda named: f"`{_variable(named[0].strip('`'))}`", told)
    return f"| `{_variable(name)}` | {_value(field)} | {_default(field)} | {told} |\n"


def _variable(name: str) -> str:
    return f"CADENZA_{name.upper()}"


def _value(field: FieldInfo) -> str:
    """The allowed values, in words."""
    given = [one for one in get_args(field.annotation) if one is not type(None)]
    kind = given[0] if type(None) in get_args(field.annotation) else field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind))
    return ", ".join([WORDS[kind], *_bounds(field)])  # pyright: ignore[reportArgumentType]


def _bounds(field: FieldInfo) -> list[str]:
    return [
        words.format(getattr(bound, name))
        for bound in field.metadata
        for name, words in BOUNDS.items()
        if hasattr(bound, name)
    ]


def _default(field: FieldInfo) -> str:
    """Empty if there is none, or if the docstring says how it is computed."""
    default = field.default
    if default is None or field.default_factory is not None:
        return ""
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        default = default.relative_to(ROOT)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
    print(f"wrote {DOCUMENT.relative_to(ROOT)}", file=sys.stderr)
