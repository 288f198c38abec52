"""The footer of every email: the postal address of its sender, and how to unsubscribe.

Commercial email must contain the sender's postal address and a clear way to unsubscribe (CAN-SPAM, 16 CFR 316; UWG and
GDPR require the same). What the message already contains is not added again.
"""

import re
from dataclasses import dataclass
from html import escape

_END = re.compile(r"</body\s*>|</html\s*>", re.IGNORECASE)
# Grey, with enough contrast to be readable (5.3 to 1 on white; WCAG 2.1 requires 4.5 to 1).
_BLOCK = '<div style="margin-top:24px;color:#6b6b6b;font-size:12px;line-height:1.5">{lines}</div>'
_LINK = '<a href="{url}" style="color:#6b6b6b">Unsubscribe</a>'


@dataclass(frozen=True, slots=True)
class Footer:
    """`unsubscribe_url` is None for an installation without a public URL."""

    postal_address: str
    unsubscribe_url: str | None = None

    def in_text(self, text: str) -> str:
        """Returns the text part with whatever it lacks at its end."""
        lines = [] if self._names_address(text) else self._address()
        if self.unsubscribe_url and self.unsubscribe_url not in text:
            lines.append(f"Unsubscribe: {self.unsubscribe_url}")
        return text.rstrip() + "\n\n" + "\n".join(lines) + "\n" if lines else text

    def in_html(self, html: str) -> str:
        """Returns the HTML part with whatever it lacks at the end of its body. An empty part stays empty."""
        if not html.strip():
            return html
        lines = [] if self._names_address(html) else [escape(line) for line in self._address()]
        url = self.unsubscribe_url
        if url and url not in html and escape(url) not in html:
            lines.append(_LINK.format(url=escape(url)))
        if not lines:
            return html
        end = _END.search(html, _last_body(html))
        place = end.start() if end else len(html)
        return html[:place] + _BLOCK.format(lines="<br>".join(lines)) + html[place:]

    def _address(self) -> list[str]:
        return [line.strip() for line in self.postal_address.splitlines() if line.strip()]

    def _names_address(self, written: str) -> bool:
        return all(line in written or escape(line) in written for line in self._address())


def _last_body(html: str) -> int:
    """Returns the position of the last `</body>`; 0 if there is none."""
    ends = [match.start() for match in _END.finditer(html) if match[0].lower().startswith("</body")]
    return ends[-1] if ends else 0
