"""Addresses that run code, taken out of an HTML part.

A template may put a lead's own data where an address stands (`<a href="{{ custom.website }}">`); escaping keeps that
within its quotes and lets `javascript:` through. No mail program runs it, but a preview in a browser might.
"""

import re
from typing import Final

from mail.html_tags import StartTag, change_tags

_ADDRESSES: Final = ("href", "xlink:href", "src", "action", "formaction", "background", "poster", "data")
# As browsers read a scheme (WHATWG URL, 4.4): without what they leave out, and not caring for case.
_LEFT_OUT: Final = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_RUNS: Final = re.compile(r"(javascript|vbscript|livescript):", re.IGNORECASE)
# Of a link, a page that somebody else wrote and that comes along; as a picture it is one.
_PAGE: Final = re.compile(r"data:", re.IGNORECASE)


def harmless_html(html: str) -> str:
    """The part with `#` for every such address. All else stays as its author wrote it."""
    return change_tags(html, _without_code) if html.strip() else html


def _without_code(tag: StartTag) -> str:
    for name in _ADDRESSES:
        address = _LEFT_OUT.sub("", tag.attributes.get(name, ""))
        if _RUNS.match(address) or (name != "src" and _PAGE.match(address)):
            changed = tag.with_value(name, "#")
            if changed == tag.written:  # written in a way that cannot be changed in its place
                return f"<{tag.name}>"
            return _without_code(tag._replace(written=changed, attributes={**tag.attributes, name: "#"}))
    return tag.written
