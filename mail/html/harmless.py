"""Removes URLs that run code from an HTML part.

A template may insert a lead's data as a URL (`<a href="{{ custom.website }}">`). Escaping keeps the value within its
quotes but lets `javascript:` through. No mail program runs it, but a preview in a browser might.
"""

import re
from typing import Final

from mail.html.tags import StartTag, change_tags

_ADDRESSES: Final = ("href", "xlink:href", "src", "action", "formaction", "background", "poster", "data")
# Characters that browsers ignore when they read a scheme (WHATWG URL, 4.4). The schemes are case-insensitive.
_LEFT_OUT: Final = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_RUNS: Final = re.compile(r"(javascript|vbscript|livescript):", re.IGNORECASE)
# In a link, `data:` is a whole page written by somebody else. In `src` it is a picture, which is harmless.
_PAGE: Final = re.compile(r"data:", re.IGNORECASE)


def harmless_html(html: str) -> str:
    """Replaces each such URL by `#`. Everything else stays unchanged."""
    return change_tags(html, _without_code) if html.strip() else html


def _without_code(tag: StartTag) -> str:
    for name in _ADDRESSES:
        address = _LEFT_OUT.sub("", tag.attributes.get(name, ""))
        if _RUNS.match(address) or (name != "src" and _PAGE.match(address)):
            changed = tag.with_value(name, "#")
            if changed == tag.written:  # the attribute cannot be located in the text of the tag
                return f"<{tag.name}>"
            return _without_code(tag._replace(written=changed, attributes={**tag.attributes, name: "#"}))
    return tag.written
