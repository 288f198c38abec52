"""The rules of `db/sql` and of the migrations that can be checked without a database (docs/code-versions.md)."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import sql_source

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "db" / "migrations"
FROZEN = ROOT / "tests" / "architecture" / "frozen_migrations.txt"
ROOMS = ("domain", "workflows", "activities", "services", "db", "mail", "webhooks", "api", "cadenza")
CREATED = re.compile(r"^CREATE OR REPLACE (FUNCTION|VIEW|TRIGGER) (\w+)", re.MULTILINE)
FUNCTIONS = {name for text in sql_source.texts().values() for kind, name in CREATED.findall(text) if kind == "FUNCTION"}
LONGEST_FILE = 400


def statements(sql: str) -> Iterator[tuple[str, str]]:
    """Each statement's first line, and the line above it."""
    above, inside = "", ""
    for line in sql.splitlines():
        if not inside and line and not line.startswith("--") and not line[0].isspace():
            yield line, above
            inside = "statement"
        if inside == "statement" and line.endswith("AS $$"):
            inside = "body"
        if (inside == "statement" and line.endswith(";")) or (inside == "body" and "$$;" in line):
            inside = ""
        above = line


def test_the_list_of_files_is_the_folder() -> None:
    assert {path.name for path in sql_source.FOLDER.iterdir()} == set(sql_source.FILES)
    assert len(FUNCTIONS) > 100


@pytest.mark.parametrize("file", sql_source.FILES)
def test_a_file_only_replaces_and_grants(file: str) -> None:
    text = sql_source.texts()[file]
    first = [line for line, _ in statements(text)]
    allowed = ("CREATE OR REPLACE ", "GRANT ", "REVOKE ", "ALTER FUNCTION ", "ALTER VIEW ")
    assert [line for line in first if not line.startswith(allowed)] == []
    assert len(CREATED.findall(text)) == sum(line.startswith("CREATE") for line in first) > 0
    assert len(text.splitlines()) <= LONGEST_FILE
    assert [line for line in text.splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("file", sql_source.FILES)
def test_each_function_says_what_it_is_for(file: str) -> None:
    silent = [
        line
        for line, above in statements(sql_source.texts()[file])
        if line.startswith(("CREATE OR REPLACE FUNCTION", "CREATE OR REPLACE VIEW")) and not above.startswith("--")
    ]
    assert silent == []


def test_triggers_stand_on_one_page() -> None:
    elsewhere = [name for name, text in sql_source.texts().items() if "TRIGGER" in dict(CREATED.findall(text))]
    assert elsewhere == ["triggers.sql"]


def test_a_name_means_one_function() -> None:
    names = [name for text in sql_source.texts().values() for kind, name in CREATED.findall(text) if kind == "FUNCTION"]
    assert len(names) == len(set(names))


def test_a_function_is_bound_in_one_module() -> None:
    """In a module of `db/calls`. What is not bound is called by SQL alone. Models repeat the defaults of columns."""
    used: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if path.is_relative_to(ROOT / "db" / "models") or path.is_relative_to(MIGRATIONS):
                continue
            for name in called_in(path.read_text("utf-8")):
                used.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    assert len(used) > 40
    assert {name: places for name, places in used.items() if len(places) > 1} == {}
    assert {name: places for name, places in used.items() if not next(iter(places)).startswith("db/calls/")} == {}


def test_a_binding_elsewhere_is_seen() -> None:
    assert called_in('_STOP = text("SELECT (stop_lead_sequence(:tenant_id, :id, :reason)).status")') == {
        "stop_lead_sequence"
    }
    assert called_in('class Stop(SqlCall[str], function="stop_lead_sequence"): ...') == {"stop_lead_sequence"}
    assert called_in('call_sql("stop_lead_sequence", p_reason="x")') == {"stop_lead_sequence"}
    assert called_in("func.new_webhook_secret()") == {"new_webhook_secret"}
    assert called_in('def f():\n    """See `stop_lead_sequence(...)`."""\n    stop_lead_sequence()') == set()


def called_in(source: str) -> set[str]:
    """The SQL functions that a module names: in a text that calls one, in `call_sql` or `SqlCall`, through `func`."""
    tree = ast.parse(source)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                found |= set(re.findall(r"\b(\w+)\(", text))
            case ast.keyword(arg="function", value=ast.Constant(value=str(name))):
                found.add(name)
            case ast.Call(func=ast.Name(id="call_sql"), args=[ast.Constant(value=str(name))]):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="func"), attr=name):
                found.add(name)
            case _:
                pass
    return found & FUNCTIONS


def test_migrations_up_to_0023_are_frozen() -> None:
    """They have run on databases that there are. Functions have moved to `db/sql`, tables change by a new migration."""
    frozen = dict(reversed(line.split("  ")) for line in FROZEN.read_text("utf-8").splitlines())
    files = [
        path
        for folder in ("sql", "versions")
        for path in (MIGRATIONS / folder).iterdir()
        if path.is_file() and path.name[:4] <= "0023"
    ]
    assert {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == frozen
    assert len(frozen) > 45


def test_later_migrations_define_and_call_no_function() -> None:
    """A function may be another one by the time a migration is run: `db/sql` comes after all migrations."""
    later = [path for path in MIGRATIONS.rglob("*") if path.suffix in (".sql", ".py") and "0024" <= path.name[:4] < "a"]
    assert {"0024_applied_sql.py", "0024_applied_sql.sql"} <= {path.name for path in later}
    for path in later:
        text = re.sub(r"--.*", "", path.read_text("utf-8"))
        assert not re.search(r"\b(FUNCTION|TRIGGER|VIEW)\b", re.sub(r"DROP TRIGGER|MATERIALIZED VIEW", "", text)), path
        assert set(re.findall(r"\b(\w+)\s*\(", text)) & FUNCTIONS == set(), path


def test_no_migration_goes_down() -> None:
    """An upgrade is undone by a restore (docs/upgrading.md)."""
    assert [path.name for path in MIGRATIONS.rglob("*_down.sql")] == []
    assert [
        path.name for path in (MIGRATIONS / "versions").glob("*.py") if "downgrade" in path.read_text("utf-8")
    ] == []
