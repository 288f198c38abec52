"""Rules of plain text."""

import re

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Characters that end a line, or that no mail program shows: C0 and C1 controls, line and paragraph separators."""


def one_line(text: str) -> str:
    """The text, unchanged. Raises ValueError for a text that does not fit into one line of a header."""
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("one line, without control characters")
    return text
