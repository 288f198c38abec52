"""YAML for JSON values: read as in YAML 1.2, and written so that people can read it.

Only values that JSON has are read or written. `on`, `yes` and `09:30` are text, as in YAML 1.2. They are written in
quotes, so that a reader of YAML 1.1 takes them for text, too. The size, depth and number of nodes of a document are
limited. An alias counts as everything that it stands for, so that a few lines cannot grow into gigabytes.
"""

import io
import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from domain.errors import DomainError

MAX_CHARACTERS = 4 * 2**20
MAX_DEPTH = 40
MAX_NODES = 50_000
FLOW_WIDTH = 72

_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STANDARD = "tag:yaml.org,2002:"
_JSON_TAGS = frozenset(_STANDARD + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))
# Characters that a block cannot contain: some readers take some of them for the end of the line.
_NOT_IN_BLOCK = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class MalformedYaml(DomainError):
    """The text is not YAML, or not of the kind that is read here. The detail names line and column, both from 1."""

    code = "malformed_yaml"
    status = 400
    title = "The document is not YAML, or uses a part of YAML that is not accepted"
    remedy = "Correct the YAML at the line and column that the `detail` names."
    retryable = False


def load(text: str) -> Any:
    """The one document in `text`, as JSON values; mappings have text for keys. Raises MalformedYaml."""
    if len(text) > MAX_CHARACTERS:
        raise MalformedYaml(f"a document has at most {MAX_CHARACTERS} characters")
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _at(error.problem or "not YAML", mark) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise MalformedYaml(f"line {line}, column {column}: a character that no document may hold") from None
    except yaml.YAMLError:
        raise MalformedYaml("this is not YAML") from None
    return builder.document


def dump(value: Any) -> str:
    """`value` (JSON values) as a document that `load` reads back unchanged. Text of several lines is a block."""
    stream = io.StringIO()
    dumper: Any = _Dumper(stream, allow_unicode=True, width=math.inf, sort_keys=False, default_flow_style=False)
    dumper.open()
    node = dumper.represent_data(value)
    _lay_out(node, depth=0)
    dumper.serialize(node)
    dumper.close()
    return stream.getvalue()


@dataclass(slots=True)
class _Built:
    """A value with its size: how many nodes it stands for, and how deep it nests."""

    value: Any
    nodes: int = 1
    depth: int = 1
    anchor: str | None = None
    key: str | None = None
    """For a mapping that is being built: the key of the next value."""

    def add(self, item: "_Built") -> None:
        self.nodes += item.nodes
        self.depth = max(self.depth, item.depth + 1)
        if self.is_mapping:
            self.value[self.key] = item.value
            self.key = None
        else:
            self.value.append(item.value)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)


@dataclass(slots=True)
class _Builder:
    """Builds the value from the parser's events, counting while it grows."""

    document: Any = None
    _documents: int = 0
    _nodes: int = 0
    _open: list[_Built] = field(default_factory=list[_Built])
    _anchors: dict[str, _Built | None] = field(default_factory=dict[str, "_Built | None"])
    """None while the value of the anchor is still being built: a value cannot contain itself."""

    def take(self, event: Event) -> None:
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _at("one document at a time", event.start_mark)
            case ScalarEvent() if self._expects_key():
                self._take_key(event)
            case ScalarEvent():
                self._finish(_Built(_scalar(event), anchor=event.anchor), event)
            case MappingStartEvent():
                self._begin({}, event)
            case SequenceStartEvent():
                self._begin([], event)
            case AliasEvent():
                self._finish(self._meant(event), event)
            case CollectionEndEvent():
                self._finish(self._open.pop(), event)
            case _:
                return

    def _expects_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and self._open[-1].key is None

    def _take_key(self, event: ScalarEvent) -> None:
        _refuse_tag(event)
        here = self._open[-1]
        if event.value in here.value:
            raise _at(f"the key {event.value[:100]!r} stands here twice", event.start_mark)
        if event.value == "<<" and event.implicit[0]:
            raise _at("merge keys (`<<`) are not read: write the fields out", event.start_mark)
        here.key = event.value
        self._count(1, event)
        if event.anchor:
            self._anchors[event.anchor] = _Built(event.value)

    def _begin(self, empty: dict[str, Any] | list[Any], event: MappingStartEvent | SequenceStartEvent) -> None:
        _refuse_tag(event)
        if self._expects_key():
            raise _at("a key is text", event.start_mark)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Built(empty, nodes=0, anchor=event.anchor))
        self._refuse_depth(0, event)

    def _finish(self, built: _Built, event: Event) -> None:
        """`built` is complete: add it to the value that contains it."""
        self._count(1 if not isinstance(event, AliasEvent) else built.nodes, event)
        built.nodes += isinstance(event, CollectionEndEvent)
        if built.anchor:
            self._anchors[built.anchor] = built
        if self._open:
            self._refuse_depth(built.depth if isinstance(event, AliasEvent) else 0, event)
            self._open[-1].add(built)
        else:
            self.document = built.value

    def _meant(self, event: AliasEvent) -> _Built:
        name = str(event.anchor)
        if self._expects_key():
            raise _at("a key is text, written out", event.start_mark)
        if name not in self._anchors:
            raise _at(f"nothing is called `&{name[:100]}` before this", event.start_mark)
        meant = self._anchors[name]
        if meant is None:
            raise _at(f"`*{name[:100]}` stands inside of what it means", event.start_mark)
        return _Built(meant.value, meant.nodes, meant.depth)

    def _count(self, nodes: int, event: Event) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _at(f"at most {MAX_NODES} values are read, aliases counted in full", event.start_mark)

    def _refuse_depth(self, below: int, event: Event) -> None:
        if len(self._open) + below > MAX_DEPTH:
            raise _at(f"a document nests at most {MAX_DEPTH} levels", event.start_mark)


def _scalar(event: ScalarEvent) -> Any:
    _refuse_tag(event)
    plain = event.implicit[0] and event.tag is None
    text = event.value
    if not plain and event.tag in (None, "!", _STANDARD + "str"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    try:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    except ValueError:
        raise _at("a number beyond all use", event.start_mark) from None
    return text


def _refuse_tag(event: NodeEvent) -> None:
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!" and tag not in _JSON_TAGS:
        raise _at(f"the tag {tag[:100]!r} is not read here", event.start_mark)


def _at(problem: str, mark: Any) -> MalformedYaml:
    where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
    return MalformedYaml(where + problem)


class _Dumper(yaml.SafeDumper):
    """Writes blocks, lists indented under their key, and text of several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def analyze_scalar(self, scalar: str) -> Any:
        analysis = super().analyze_scalar(scalar)
        # Blanks at the end of a line are kept in a block (a signature begins with "-- "); PyYAML avoids them.
        analysis.allow_block = _fits_block(scalar)
        return analysis


def _represent_text(dumper: Any, text: str) -> yaml.ScalarNode:
    style = "|" if _fits_block(text) else None
    if style is None and ("\n" in text or _NOT_IN_BLOCK.search(text)):
        style = '"'  # other styles would fold or change such a text
    return dumper.represent_scalar(_STANDARD + "str", text, style=style)


_writer: Any = _Dumper
_writer.add_representer(str, _represent_text)
# In YAML 1.2 `1e5` is a number, in YAML 1.1 it is text. A text `1e5` is quoted, so that both read text.
_writer.add_implicit_resolver(_STANDARD + "float", _FLOAT, list("-0123456789"))


def _fits_block(text: str) -> bool:
    # Blanks at the beginning of the first line would be taken for the block's indentation. An empty line at the end
    # would make the empty lines between steps part of the text.
    ordinary = text[:1] not in (" ", "\n", "\t") and not text.endswith("\n\n")
    return "\n" in text and ordinary and _NOT_IN_BLOCK.search(text) is None


def _lay_out(node: Any, depth: int) -> int:
    """Put short values without blocks of text on one line. Returns their width; 0 for a value that needs more lines.

    The document, its list of steps and each step always use several lines, so that a diff shows each change on a line
    of its own.
    """
    if isinstance(node, yaml.ScalarNode):
        return 0 if node.style == "|" else len(node.value) + 2
    widths: list[int]
    if isinstance(node, yaml.MappingNode):
        widths = [_lay_out(part, depth + 1) for pair in node.value for part in pair]
    else:
        widths = [_lay_out(item, depth + 1) for item in node.value]
    whole = sum(widths) + 2
    of_mappings = isinstance(node, yaml.SequenceNode) and any(isinstance(i, yaml.MappingNode) for i in node.value)
    fits = all(widths) and whole <= FLOW_WIDTH and depth > 2 and not of_mappings
    node.flow_style = fits or not widths
    return whole if node.flow_style else 0
