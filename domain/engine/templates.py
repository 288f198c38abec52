"""Messages as Liquid templates: rendered for one lead, and checked before a sequence may run.

An empty field is never printed as nothing ("Hi ,"). Without a `default` filter, `check` reports a field that no lead
has, and `render` raises `MergeFieldMissing` for a field that this lead has not. A lead's data is never parsed as a
template, is escaped in HTML, and cannot put a line break into a header.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from liquid import BoundTemplate
from liquid.builtin.expressions import Path
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.static_analysis import TemplateAnalysis, Variable

from domain.engine import liquid_dialect
from domain.engine.liquid_dialect import Kind
from domain.engine.merge_fields import MergeExpression
from domain.engine.message_fields import KNOWN_FIELDS, LEAD_FIELDS
from domain.errors import FieldError, MergeFieldMissing, TemplateInvalid
from domain.text import CONTROL_CHARACTERS


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """Why a template cannot run. `field` is the unknown field's name, when one is to blame; lines count from 1.

    Codes: `template_syntax`, `unknown_field`, `unknown_filter`, `template_too_expensive`.
    """

    code: str
    detail: str
    line: int
    field: str | None = None

    def at(self, path: str) -> FieldError:
        """The problem as an error of a field of a request (`steps[2].config.subject`)."""
        return FieldError(path, self.code, self.detail)


def render(source: str, context: Mapping[str, Any], *, html: bool) -> str:
    """Render `source` for this context, as text, or as HTML with every value escaped.

    `context` is what `domain.engine.message_fields.message_fields` makes.

    Raises MergeFieldMissing (a field of this lead is empty) and TemplateInvalid (the template fails for every lead).
    """
    try:
        return _parsed(source, "html" if html else "text").render(context)
    except LiquidError as error:
        raise TemplateInvalid(_described(error)) from error


def render_header(source: str, context: Mapping[str, Any]) -> str:
    """As `render`, for a subject: one line. Line breaks and other control characters become a space."""
    text = render(source, context, html=False)
    return " ".join(CONTROL_CHARACTERS.sub(" ", text).split())


def check(source: str, *, html: bool, known_fields: Iterable[str] = KNOWN_FIELDS) -> list[TemplateProblem]:
    """Everything that is wrong with a template for any lead, in the order of its lines.

    A field that is not among `known_fields` is allowed with a `default` filter.
    """
    kind: Kind = "html" if html else "text"
    try:
        template = liquid_dialect.parse(source, kind)
        analysis = template.analyze()
    except LiquidError as error:
        return [_problem(error)]
    known = [tuple(field.split(".")) for field in known_fields]
    answered = _with_default(template)
    problems = [
        TemplateProblem("unknown_filter", f"there is no filter `{name}`", _line(source, span.index))
        for name, spans in analysis.filters.items()
        if name not in template.env.filters
        for span in spans
    ]
    problems += [
        TemplateProblem("unknown_field", _unknown(variable), _line(source, variable.span.index), str(variable))
        for variable in _globals(analysis)
        if variable.span.index not in answered and not _is_known(variable, known)
    ]
    if not problems:
        problems = _trial(template)
    return sorted(problems, key=lambda problem: problem.line)


def _parsed(source: str, kind: Kind) -> BoundTemplate:
    try:
        return liquid_dialect.parse(source, kind)
    except LiquidError as error:
        raise TemplateInvalid(_described(error)) from error


def _globals(analysis: TemplateAnalysis) -> list[Variable]:
    return [variable for variables in analysis.globals.values() for variable in variables]


def _with_default(template: BoundTemplate) -> set[int]:
    """The places (offsets in the source) of fields with a `default` filter."""
    answered: set[int] = set()
    for expression in liquid_dialect.walk(template):
        if isinstance(expression, MergeExpression) and expression.has_default:
            answered |= {child.token.start_index for child in expression.children() if isinstance(child, Path)}
    return answered


def _is_known(variable: Variable, known: list[tuple[str, ...]]) -> bool:
    segments = variable.segments
    return any(
        len(segments) >= len(field)
        and all(name in ("*", segment) for name, segment in zip(field, segments, strict=False))
        for field in known
    )


def _unknown(variable: Variable) -> str:
    if str(variable) in ("custom", "sender", "sequence"):
        return f"`{variable}` is a group of fields: name one of them, as in `{variable}.name`"
    return f"there is no field `{variable}` (a lead's own fields are `custom.…`), and no default for it"


class _AnyField(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "x"


def _trial(template: BoundTemplate) -> list[TemplateProblem]:
    """Render for a made-up lead, to find templates that exceed the limits. Other failures depend on the lead."""
    values: dict[str, object] = dict.fromkeys(LEAD_FIELDS, "x")
    values |= {"tags": ["x"] * 50, "now": datetime(2026, 1, 1, tzinfo=UTC)}
    values |= {"unsubscribe_url": "https://x"}
    values |= {group: _AnyField() for group in ("custom", "sender", "sequence")}
    try:
        template.render(values)
    except ResourceLimitError as error:
        return [_problem(error)]
    except (LiquidError, MergeFieldMissing):
        return []
    return []


def _problem(error: LiquidError) -> TemplateProblem:
    code = "template_too_expensive" if isinstance(error, ResourceLimitError) else "template_syntax"
    line = _line(error.token.source, error.token.start_index) if error.token else 1
    return TemplateProblem(code, str(error.message), line)


def _described(error: LiquidError) -> str:
    problem = _problem(error)
    return f"line {problem.line}: {problem.detail}"


def _line(source: str, offset: int) -> int:
    return source.count("\n", 0, max(offset, 0)) + 1
