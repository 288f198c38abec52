"""Adds tracking to an HTML part: rewrites links to pass through our server and appends a pixel. Keeps everything
else."""

import re
from html import escape

from mail.html.tags import StartTag, change_tags
from mail.links import MessageLinks

_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_PIXEL = '<img src="{url}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">'


def tracked_html(html: str, links: MessageLinks, *, opens: bool, clicks: bool) -> str:
    """Returns the part with its http(s) links rewritten (`clicks`) and a pixel added (`opens`). Links to our own pages,
    such as unsubscribe, stay unchanged."""
    if not html.strip():
        return html
    if clicks:
        html = _with_clicks(html, links)
    return _with_pixel(html, links) if opens else html


def _with_clicks(html: str, links: MessageLinks) -> str:
    def change(tag: StartTag) -> str:
        href = tag.attributes.get("href") if tag.name in ("a", "area") else None
        target = links.click(href) if href else None
        return tag.written if target is None or target == href else tag.with_value("href", target)

    return change_tags(html, change)


def _with_pixel(html: str, links: MessageLinks) -> str:
    pixel = _PIXEL.format(url=escape(links.pixel))
    ends = [match.start() for match in _BODY_END.finditer(html)]
    place = ends[-1] if ends else len(html)
    return html[:place] + pixel + html[place:]
