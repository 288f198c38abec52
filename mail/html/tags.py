"""Changes start tags of an HTML text. Everything else stays unchanged, to the byte."""

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")


class StartTag(NamedTuple):
    name: str
    written: str
    attributes: dict[str, str]
    """By lower-case name, as a browser reads them: unescaped, and the first of several with one name counts."""

    def with_value(self, name: str, value: str) -> str:
        """Returns the tag's text with another value of that attribute; unchanged if the attribute cannot be found."""
        for attribute in _ATTRIBUTE.finditer(self.written):
            if attribute[1].lower() == name:
                return f'{self.written[: attribute.start(2)]}"{escape(value)}"{self.written[attribute.end(2) :]}'
        return self.written


class _TagReader(HTMLParser):
    """Finds the start tags and their offsets. Ignores comments and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, StartTag]] = []
        self._lines = [0]
        for line in html.split("\n")[:-1]:
            self._lines.append(self._lines[-1] + len(line) + 1)
        # `close` is never called. A tag that begins and does not end before the text does is no tag to a browser either
        # (WHATWG HTML, 13.2.5). After `close` the parser would search for its end again from each `<`, which takes
        # minutes.
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = self.get_starttag_text()
        if written:
            line, column = self.getpos()
            attributes = {name: value for name, value in reversed(attrs) if value is not None}
            self.found.append((self._lines[line - 1] + column, StartTag(tag, written, attributes)))


def change_tags(html: str, change: Callable[[StartTag], str]) -> str:
    """Returns the text with each start tag replaced by what `change` returns for it."""
    parts: list[str] = []
    end = 0
    for offset, tag in _TagReader(html).found:
        changed = change(tag)
        if changed != tag.written and html.startswith(tag.written, offset):
            parts += [html[end:offset], changed]
            end = offset + len(tag.written)
    return "".join([*parts, html[end:]])
