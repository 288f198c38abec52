"""Makes docs/errors.md from the source: `python -m cadenza.reference.errors`.

Problems come from their classes. The other codes are found where they are raised, and what to do about each is written
by hand in `error_advice.py`. A test fails if one of the two has a code that the other lacks, or if the document is out
of date.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from api.errors import HTTP_CODES
from cadenza.reference.error_advice import ADVICE, BEFORE
from domain.enrollments.explain import CAUSES
from domain.errors import DomainError
from domain.failures import CODES_OF_CLASS_NAMES
from services.enrollments.enrolling import WHY_SKIPPED
from services.leads.campaigns import WHY_NOT_ADDED

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "errors.md"
ROOMS = ("domain", "workflows", "webhooks", "db", "mail", "services", "activities", "api")

# Which argument of which call is a code, by the section to which the code belongs.
_FIELDS = {"FieldError": 1, "PydanticCustomError": 0, "TemplateProblem": 0, "_refused": 0, "_bad": 1, "_field": 1}
_SECTIONS: dict[str, tuple[Mapping[str, int], tuple[str, ...]]] = {
    "fields": (_FIELDS, ROOMS),
    "rejected": (
        {"RejectedRow": 2, "RejectedEntry": 2},
        ("domain", "services/leads/csv_rows.py", "services/leads/suppression_csv.py"),
    ),
    "warnings": ({"RowWarning": 0}, ("domain",)),
    "preview": ({"DraftWarning": 0}, ("services/sequences/preview.py",)),
}
# Codes that are computed or chosen before the call, so that no literal shows them.
_MADE_ELSEWHERE = {
    "fields": {"invalid_domain", "template_syntax", "template_too_expensive"},
    "rejected": {"broken_quotes", "row_too_long", "invalid_email", "invalid_domain"},
    "preview": {"bounced", "unsubscribed", "merge_field_missing", "template_invalid"},
}


def problem_classes() -> list[type[DomainError]]:
    """Every class of refusals, by status and code."""
    for room in ROOMS:
        package = import_module(room)
        for module in walk_packages(package.__path__, f"{room}."):
            if ".migrations" not in module.name:
                import_module(module.name)
    return sorted((one for one in set(_below(DomainError)) if one.__module__.split(".")[0] in ROOMS), key=_place)


def codes() -> dict[str, set[str]]:
    """All codes, by section."""
    found = {name: _in_source(*where) | _MADE_ELSEWHERE.get(name, set()) for name, where in _SECTIONS.items()}
    http = {*HTTP_CODES.values(), "http_error", "internal_error"}
    return {
        "problems": http - {one.code for one in problem_classes()},
        **found,
        "enroll": set(WHY_SKIPPED),
        "campaign": set(WHY_NOT_ADDED),
        "explain": {cause.__name__.removeprefix("_") for cause in CAUSES} | {"due"},
    }


def document() -> str:
    """The whole text."""
    found = codes()
    parts = [
        *(BEFORE["top"], "## Problems\n", BEFORE["problems"], "\n".join(_problem_rows(found["problems"]))),
        *("## Errors recorded before codes\n", BEFORE["class_names"], "\n".join(_class_name_rows())),
    ]
    titles = {
        "fields": "Fields (`errors[].code`)",
        "enroll": "Leads that are not enrolled (`skipped[].code`)",
        "campaign": "Leads that are not added to a campaign (`skipped[].code`)",
        "rejected": "Rows that are not imported (`rejected[].code`)",
        "warnings": "Warnings of an import (`warnings[].code`)",
        "explain": "Why nothing is being sent (`reason.code`)",
        "preview": "Warnings of a preview (`warnings[].code`)",
    }
    for section, title in titles.items():
        rows = [f"| `{code}` | {ADVICE[section].get(code, '')} |" for code in sorted(found[section])]
        parts += [
            f"## {title}\n",
            BEFORE[section],
            "\n".join(["| code | meaning, and what to do |", "|---|---|", *rows]),
        ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _problem_rows(without_class: set[str]) -> Iterator[str]:
    yield "| status | code | title | what to do | retryable |"
    yield "|---|---|---|---|---|"
    for one in problem_classes():
        retryable = "yes" if one.retryable else "no"
        yield f"| {one.status} | `{one.code}` | {one.title} | {one.remedy} | {retryable} |"
    statuses = {code: status for status, code in HTTP_CODES.items()} | {"http_error": 400, "internal_error": 500}
    for code in sorted(without_class, key=lambda code: (statuses[code], code)):
        yield f"| {statuses[code]} | `{code}` | | {ADVICE['problems'].get(code, '')} | |"


def _class_name_rows() -> Iterator[str]:
    yield "| class name | code |"
    yield "|---|---|"
    for name, code in CODES_OF_CLASS_NAMES.items():
        yield f"| `{name}` | `{code}` |"


def _place(one: type[DomainError]) -> tuple[int, str]:
    return one.status, one.code


def _below(root: type[DomainError]) -> Iterator[type[DomainError]]:
    for one in root.__subclasses__():
        yield one
        yield from _below(one)


def _in_source(calls: Mapping[str, int], rooms: tuple[str, ...]) -> set[str]:
    """The literal codes that are arguments of these calls."""
    return {
        code
        for room in rooms
        for path in ([ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.py")))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        for code in _code_of(node, calls)
    }


def _code_of(call: ast.Call, calls: Mapping[str, int]) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    place = calls.get(name)
    if place is not None and place < len(call.args):
        code = call.args[place]
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield code.value


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
    print(f"wrote {DOCUMENT.relative_to(ROOT)}", file=sys.stderr)
