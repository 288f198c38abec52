"""The dialect of Liquid for messages: with limits, and without files, clocks or unescaped data.

Callers use `domain/engine/templates.py`. The differences to stock python-liquid, and their reasons:

- an output whose field is empty raises `MergeFieldMissing` instead of printing nothing;
- an empty field counts as missing: `{% if company %}` is false for "" (stock Liquid: true), and a missing field equals
  `blank`, `empty`, `nil` and "" (stock python-liquid: only `nil`);
- the work of a template is limited, and its source is checked before python-liquid's lexer reads it, because that
  lexer takes quadratic time (minutes for 100,000 braces);
- only the tags and filters named here exist: `safe` would print lead data unescaped, `include` reads templates,
  `base64_decode` crashes on bytes that are not text;
- `now` is a value that the caller supplies, not the machine's clock.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sized
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, cast

from liquid import BoundTemplate, Environment, RenderContext, Token, Undefined
from liquid.ast import Node
from liquid.builtin.expressions.logical import EqExpression, NeExpression
from liquid.builtin.expressions.primitive import (
    Blank,
    Empty,
    IntegerLiteral,
    Nil,
    RangeLiteral,
    StringLiteral,
)
from liquid.exceptions import FilterError, LiquidError, LiquidSyntaxError, LiquidTypeError, ResourceLimitError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.undefined import UNDEFINED
from liquid.utils import ReadOnlyChainMap

from domain.engine.merge_fields import MergeAssign, MergeEcho, MergeOutput, is_blank
from domain.errors import MergeFieldMissing

Kind = Literal["text", "html"]

MAX_OUTPUT_BYTES = 1_000_000
MAX_VALUE_SIZE = 500_000
MAX_INTEGER_BITS = 256
MAX_RANGE = 1_000
MAX_WORK = 20_000
"""Loop passes and filter calls of one rendering. A filter on a long value counts as several."""
MAX_LEXER_STEPS = 20_000_000
MAX_BLANKS_IN_TAG = 200

# fmt: off
TAGS = {
    "if", "unless", "case", "for", "break", "continue", "assign", "capture", "comment", "#", "echo",
    "liquid",
}
FILTERS = {
    "append", "at_least", "at_most", "capitalize", "ceil", "compact", "divided_by", "downcase", "escape",
    "escape_once", "first", "floor", "join", "last", "lstrip", "minus", "modulo", "newline_to_br", "plus",
    "prepend", "remove", "remove_first", "remove_last", "replace", "replace_first", "replace_last",
    "reverse", "round", "rstrip", "size", "slice", "sort", "sort_natural", "split", "squish", "strip",
    "strip_html", "strip_newlines", "times", "truncate", "truncatewords", "uniq", "upcase", "url_decode",
    "url_encode",
}
# fmt: on

_OPENING = re.compile(r"\{\{|\{%")
_RAW = re.compile(r"-?\s*raw\s*-?")
_END_RAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_LONG_BLANK = re.compile(rf"\s{{{MAX_BLANKS_IN_TAG}}}")


class Context(RenderContext):
    """A render context with limited work, and without the machine's clock (stock Liquid has `now` built in)."""

    def __init__(self, template: BoundTemplate, *, globals: Mapping[str, object] | None = None) -> None:
        super().__init__(template, globals=globals)
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        self._work = 0

    def spend(self, work: int) -> None:
        self._work += work
        if self._work > MAX_WORK:
            raise ResourceLimitError("the template does too much work", token=None)

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        value = super().get(path, token=token, default=default)
        if isinstance(value, Undefined) or not is_blank(value):
            return value
        return self.env.undefined(str(path[0]), token=token)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        # Called at the beginning of each loop: the sum over a rendering is the number of all passes.
        self.spend(length + 1)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        function = super().filter(name, token)

        def bounded(value: object, *args: object, **kwargs: object) -> object:
            sizes = [_size(part) for part in (value, *args, *kwargs.values())]
            self.spend(1 + sum(sizes) // 1000)
            # The size of the result is the product of the sizes of the arguments: it is refused before it is made.
            if name in ("replace", "join") and sizes[0] * max(sizes) > MAX_VALUE_SIZE * 100:
                raise ResourceLimitError(f"`{name}` would make too long a value", token=token)
            try:
                result = function(value, *args, **kwargs)
            except (ValueError, ArithmeticError, LookupError, AttributeError, OSError) as error:
                # The C library raises OSError for a year that it cannot format.
                raise FilterError(f"`{name}` cannot take this value", token=token) from error
            _size(result)
            if isinstance(result, str) and "\x00" in result:
                # `url_decode` makes NUL from `%00`. Neither an email nor Postgres can hold it.
                raise FilterError(f"`{name}` makes a NUL character", token=token)
            return result

        return bounded


def _size(value: object) -> int:
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise ResourceLimitError("a number is too large", token=None)
    size = len(cast(Sized, value)) if isinstance(value, (str, list, tuple, range)) else 1
    if size > MAX_VALUE_SIZE:
        raise ResourceLimitError("a value is too long", token=None)
    return size


class _Template(BoundTemplate):
    context_class = Context

    def render(self, *args: Any, **kwargs: Any) -> str:
        try:
            return super().render(*args, **kwargs)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # Python refuses some arguments of tags and conditions: `limit: -1`, `custom.map contains tags`.
            raise LiquidTypeError("a value does not suit the place where it stands", token=None) from error


class _Environment(Environment):
    template_class = _Template
    local_namespace_limit = 2 * MAX_OUTPUT_BYTES
    output_stream_limit = MAX_OUTPUT_BYTES

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        internal = {"content", "output", "illegal"}
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS or name.lower() in internal}
        self.filters = {name: function for name, function in self.filters.items() if name in FILTERS}
        self.add_tag(MergeOutput)
        self.add_tag(MergeEcho)
        self.add_tag(MergeAssign)
        self.add_filter("default", _default)
        self.add_filter("date", _date)


def _default(value: object, otherwise: object = "", *, allow_false: bool = False) -> object:
    """As Liquid's `default`, but a value of blanks also counts as empty: a name of two spaces is no name."""
    if is_blank(value) or (value is False and not allow_false):
        return otherwise
    return value


@with_context
def _date(value: object, pattern: str, *, context: RenderContext) -> str:
    """Format by `strftime` a date, a datetime, ISO 8601 text, Unix seconds (UTC), or "now" (the context's value)."""
    if value in ("now", "today"):
        value = context.resolve("now")
    if is_blank(value):
        raise MergeFieldMissing("now")
    if isinstance(value, (int, float)):
        value = datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if not isinstance(value, date):
        raise FilterError("`date` needs a date", token=None)
    return value.strftime(str(pattern))


_ENVIRONMENTS: dict[Kind, Environment] = {"text": _Environment(), "html": _Environment(autoescape=True)}


@lru_cache(maxsize=512)
def parse(source: str, kind: Kind) -> BoundTemplate:
    """A parsed template, from a cache of the most recently used ones.

    Raises `liquid.exceptions.LiquidError`, and `ResourceLimitError` for a source that would take too long to parse.
    """
    _measure(source)
    template = _ENVIRONMENTS[kind].from_string(source)
    for expression in walk(template):
        if isinstance(expression, (EqExpression, NeExpression)):
            expression.left, expression.right = _or_nil(expression.left), _or_nil(expression.right)
        if isinstance(expression, RangeLiteral) and not _small(expression):
            # With `(1..custom.n)` a lead's data would choose the length of a list.
            raise LiquidSyntaxError(f"a range needs two numbers, at most {MAX_RANGE} apart", token=expression.token)
    return template


def _or_nil(operand: Expression) -> Expression:
    if isinstance(operand, (Blank, Empty)) or (isinstance(operand, StringLiteral) and is_blank(operand.value)):
        return Nil(operand.token)
    return operand


def _small(expression: RangeLiteral) -> bool:
    start, stop = expression.start, expression.stop
    if not isinstance(start, IntegerLiteral) or not isinstance(stop, IntegerLiteral):
        return False
    return stop.value - start.value <= MAX_RANGE


def walk(template: BoundTemplate) -> Iterator[Expression]:
    """Every expression of the template, nested ones included."""
    context = Context(template)

    def of_expression(expression: Expression) -> Iterator[Expression]:
        yield expression
        for child in expression.children():
            yield from of_expression(child)

    def of_node(node: Node) -> Iterator[Expression]:
        for expression in node.expressions():
            yield from of_expression(expression)
        for child in node.children(context, include_partials=False):
            yield from of_node(child)

    for node in template.nodes:
        yield from of_node(node)


def _measure(source: str) -> None:
    """Refuse, in linear time, sources for which the lexer's regular expressions take quadratic time: a tag that is
    never closed, many blanks in a row in a tag, very long tags."""
    position, steps = 0, 0
    while opening := _OPENING.search(source, position):
        start = opening.end()
        end = source.find("}}" if opening.group() == "{{" else "%}", start)
        if end < 0:
            raise _at(source, opening.start(), f"`{opening.group()}` is never closed")
        inner = source[start:end]
        steps += len(inner) ** 2
        if steps > MAX_LEXER_STEPS or _LONG_BLANK.search(inner):
            raise ResourceLimitError("a tag is too long", token=_at(source, opening.start(), "").token)
        position = end + 2
        if opening.group() == "{%" and _RAW.fullmatch(inner):
            closing = _END_RAW.search(source, position)
            if closing is None:
                raise _at(source, opening.start(), "`raw` is never closed")
            position = closing.end()


def _at(source: str, index: int, message: str) -> LiquidError:
    return LiquidSyntaxError(message, token=Token("illegal", source[index : index + 2], index, source))
