"""Rules of plain text."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(text: str) -> str:
    """The text as it is; raises ValueError for one that a header could not hold in its line."""
    if _CONTROL.search(text):
        raise ValueError("one line, without control characters")
    return text
