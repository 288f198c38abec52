"""The content of a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """Subject and bodies of a message: either Liquid templates, or their text as rendered for one lead.

    One of the two bodies may be empty.
    """

    subject: str
    body_text: str
    body_html: str

    @property
    def has_subject(self) -> bool:
        return bool(self.subject.strip())

    @property
    def has_body(self) -> bool:
        return bool(self.body_text.strip() or self.body_html.strip())
