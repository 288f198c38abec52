"""Output, echo and assign of the Liquid dialect: a field without a value is an error, never an empty string."""

from typing import TextIO

from liquid import RenderContext, TokenStream, Undefined
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.assign_tag import AssignNode, AssignTag
from liquid.builtin.tags.echo_tag import EchoTag
from liquid.expression import Expression
from liquid.stringify import to_liquid_string

from domain.errors import MergeFieldMissing


def is_blank(value: object) -> bool:
    """Whether a reader would see nothing: no value, an empty list, a text of blanks. Zero and false are values."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or isinstance(value, Undefined) or (isinstance(value, (list, dict)) and not value)


class MergeExpression(FilteredExpression):
    """A filtered expression in which a missing field stays missing until a `default` filter gives a value.

    Stock Liquid turns `{{ first_name | append: "!" }}` without a name into "!".
    """

    __slots__ = ("field", "may_be_blank")

    def __init__(self, plain: FilteredExpression) -> None:
        super().__init__(plain.token, plain.left, plain.filters)
        paths = [child for child in self.children() if isinstance(child, Path)]
        defaults = [f for f in self.filters or () if f.name == "default"]
        self.field = str(paths[0]) if paths else None
        # With `default: ""` the author allows an empty output; with `default: company` not.
        self.may_be_blank = bool(defaults) and not any(isinstance(c, Path) for c in defaults[-1].children())

    @property
    def has_default(self) -> bool:
        return any(f.name == "default" for f in self.filters or ())

    def evaluate(self, context: RenderContext) -> object:
        filters = self.filters or []
        value = self.left.evaluate(context)
        missing = self._name_of(self.left, value) if isinstance(self.left, Path) and is_blank(value) else None
        for step in filters:
            if step.name == "default":
                value = step.evaluate(None if missing else value, context)
                from_field = any(isinstance(child, Path) for child in step.children())
                missing = (missing or self.field) if from_field and is_blank(value) else None
            elif not missing:
                missing = self._missing_argument(step.children(), context)
                if not missing:
                    value = step.evaluate(value, context)
        return context.env.undefined(missing, token=self.token) if missing else value

    def refuse_blank(self) -> None:
        """Called when the output is blank. Raises MergeFieldMissing unless the author allows that."""
        if self.field and not self.may_be_blank:
            raise MergeFieldMissing(self.field)

    def _missing_argument(self, arguments: list[Expression], context: RenderContext) -> str | None:
        for argument in arguments:
            if isinstance(argument, Path) and is_blank(value := argument.evaluate(context)):
                return self._name_of(argument, value)
        return None

    @staticmethod
    def _name_of(path: Path, value: object) -> str:
        # A variable that was assigned from a missing field has that field's name.
        if isinstance(value, Undefined) and value.name != path.head():
            return value.name
        return str(path)


class _MergeOutputNode(OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if isinstance(value, Undefined):
            raise MergeFieldMissing(value.name)
        text = to_liquid_string(value, context.autoescape)
        expression = self.expression
        if not text.strip() and isinstance(expression, MergeExpression):
            expression.refuse_blank()
        return buffer.write(text)


class MergeOutput(Output):
    node_class = _MergeOutputNode

    def parse(self, stream: TokenStream) -> OutputNode:
        node = super().parse(stream)
        node.expression = _merging(node.expression)
        return node


class _MergeEchoNode(_MergeOutputNode):
    pass


class MergeEcho(EchoTag):
    node_class = _MergeEchoNode

    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if isinstance(node, OutputNode):
            node.expression = _merging(node.expression)
        return node


class MergeAssign(AssignTag):
    def parse(self, stream: TokenStream) -> AssignNode:
        node = super().parse(stream)
        node.expression = _merging(node.expression)
        return node


def _merging(expression: Expression) -> Expression:
    return MergeExpression(expression) if isinstance(expression, FilteredExpression) else expression
