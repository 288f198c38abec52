"""Tracking put into an HTML part: links by way of here, a pixel at the end. All else stays as its author wrote it."""

import re
from html import escape
from html.parser import HTMLParser

from mail.tracking import MessageLinks

_ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_PIXEL = '<img src="{url}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">'


class _Anchors(HTMLParser):
    """Where the links stand: comments and scripts are none."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str, str]] = []
        """Offset, the tag as written, the address that it names."""
        self._lines = [0]
        for line in html.split("\n")[:-1]:
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # The first of several counts, as in a browser.
        href = next((value for name, value in attrs if name == "href"), None) if tag in ("a", "area") else None
        written = self.get_starttag_text()
        if href and written:
            line, column = self.getpos()
            self.found.append((self._lines[line - 1] + column, written, href))


def tracked_html(html: str, links: MessageLinks, *, opens: bool, clicks: bool) -> str:
    """The part with http(s) links rewritten and a pixel added, as far as each is wanted. Links to our own pages,
    such as unsubscribe, stay as they are."""
    if not html.strip():
        return html
    if clicks:
        html = _with_clicks(html, links)
    return _with_pixel(html, links) if opens else html


def _with_clicks(html: str, links: MessageLinks) -> str:
    parts: list[str] = []
    end = 0
    for offset, written, href in _Anchors(html).found:
        target = links.click(href)
        if target == href or not html.startswith(written, offset):
            continue
        parts += [html[end:offset], _with_href(written, target)]
        end = offset + len(written)
    return "".join([*parts, html[end:]])


def _with_href(tag: str, target: str) -> str:
    for attribute in _ATTRIBUTE.finditer(tag):
        if attribute[1].lower() == "href":
            return f'{tag[: attribute.start(2)]}"{escape(target)}"{tag[attribute.end(2) :]}'
    return tag


def _with_pixel(html: str, links: MessageLinks) -> str:
    pixel = _PIXEL.format(url=escape(links.pixel))
    ends = [match.start() for match in _BODY_END.finditer(html)]
    place = ends[-1] if ends else len(html)
    return html[:place] + pixel + html[place:]
