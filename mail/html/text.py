"""Converts HTML to readable text: for the text part of a message that has only HTML, and to read replies in HTML."""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    [
        *["address", "article", "blockquote", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header"],
        *["hr", "ol", "p", "pre", "section", "table", "tr", "ul"],
    ]
)
_HIDDEN = frozenset(["head", "script", "style", "title", "template"])
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
# A tag that does not end before the next one begins, and a conditional declaration (`<![if ...]>`).
_UNCLOSED = re.compile(r"<(?![^<>]{0,5000}>)")
_MARKED = re.compile(r"<!\[[^<>]{0,200}\]>")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.parts)))
        elif tag == "img" and not self._hidden:
            self.parts.append(dict(attrs).get("alt") or "")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HIDDEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "a" and self._links:
            href, start = self._links.pop()
            shown = "".join(self.parts[start:]).strip()
            # Show the address only if it differs from the text of the link.
            if href.startswith(("http://", "https://", "mailto:")) and href.removeprefix("mailto:") != shown:
                self.parts.append(f" ({href.removeprefix('mailto:')})")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(_SPACE.sub(" ", data))


def html_to_text(html: str) -> str:
    """Returns the text of an HTML message in reading order: paragraphs separated, links followed by their address."""
    parser = _Text()
    parser.feed(_closed(html))
    parser.close()
    lines = [line.strip(" ") for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _closed(html: str) -> str:
    """Removes constructs without an end. The parser would search the whole rest of the text for the end of each, which
    takes quadratic time."""
    html = _UNCLOSED.sub("&lt;", _MARKED.sub("", html))
    last = html.rfind("-->") + 1
    return html[:last] + html[last:].replace("<!--", "")
