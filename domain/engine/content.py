"""What a message says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """Subject and bodies of a message: Liquid templates as the author wrote them, or the words that a lead reads.

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
