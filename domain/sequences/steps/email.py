"""`email`: a message to the lead, from its mailbox."""

from collections.abc import Iterator
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from domain.engine.content import Content
from domain.sequences.steps.config import StepConfig, TemplateField
from domain.sequences.variants import Variant, choose
from domain.text import one_line

MAX_SUBJECT, MAX_TEXT, MAX_HTML = 998, 200_000, 500_000
"""Characters. A header line has at most 998 (RFC 5322 section 2.1.1)."""


class EmailVariant(BaseModel):
    """One of several wordings of an email. A part that is empty is taken from the step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    weight: int = Field(default=1, ge=0, le=1000)
    subject: str = Field(default="", max_length=MAX_SUBJECT)
    body_text: str = Field(default="", max_length=MAX_TEXT)
    body_html: str = Field(default="", max_length=MAX_HTML)

    _one_line = field_validator("subject")(one_line)


class AutoWinner(BaseModel):
    """When the best variant replaces the others: each has been sent `min_sample` times, and the probability that it
    has the highest reply rate is at least `certainty`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_sample: int = Field(default=100, ge=1, le=1_000_000)
    certainty: float = Field(default=0.95, gt=0.5, lt=1)


class EmailConfig(StepConfig):
    """Subject and bodies are Liquid templates. At least one body is needed; a reply in thread needs no subject.

    `variants`: each lead gets one of them, chosen by weight, and always the same one. `mailbox_id`: the mailbox that
    sends the email instead of the lead's own.
    """

    step_type: ClassVar[str] = "email"
    takes_effect: ClassVar[bool] = True
    needs_postal_address: ClassVar[bool] = True

    subject: str = Field(default="", max_length=MAX_SUBJECT)
    body_text: str = Field(default="", max_length=MAX_TEXT)
    body_html: str = Field(default="", max_length=MAX_HTML)
    reply_in_thread: bool = False
    mailbox_id: UUID | None = None
    variants: list[EmailVariant] = Field(default_factory=list[EmailVariant], max_length=10)
    auto_winner: AutoWinner | None = None

    _one_line = field_validator("subject")(one_line)

    @model_validator(mode="after")
    def _says_something(self) -> "EmailConfig":
        for content in self.contents().values():
            if not content.has_body:
                raise ValueError("an email needs `body_text` or `body_html`")
            if not content.has_subject and not self.reply_in_thread:
                raise ValueError("an email needs a `subject` unless it replies in thread")
        return self

    @model_validator(mode="after")
    def _variants_to_choose_from(self) -> "EmailConfig":
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("two variants have one name")
        if self.variants and not any(variant.weight for variant in self.variants):
            raise ValueError("one variant at least has a weight above 0")
        if self.auto_winner and len(self.variants) < 2:
            raise ValueError("`auto_winner` needs two variants to choose from")
        return self

    def contents(self) -> dict[str | None, Content]:
        """The templates of each variant, by its name. Without variants there is one entry, under None."""
        own = Content(self.subject, self.body_text, self.body_html)
        if not self.variants:
            return {None: own}
        return {
            variant.name: Content(
                variant.subject or self.subject,
                # A variant with one body is sent with that body alone: the step's other body has another wording.
                variant.body_text or ("" if variant.body_html else self.body_text),
                variant.body_html or ("" if variant.body_text else self.body_html),
            )
            for variant in self.variants
        }

    @property
    def has_subject(self) -> bool:
        """Whether the email, or one of its variants, has a subject of its own."""
        return any(content.has_subject for content in self.contents().values())

    def templates(self) -> Iterator[TemplateField]:
        for prefix, part in (("", self), *((f"variants[{i}].", variant) for i, variant in enumerate(self.variants))):
            yield TemplateField(f"{prefix}subject", part.subject)
            yield TemplateField(f"{prefix}body_text", part.body_text)
            yield TemplateField(f"{prefix}body_html", part.body_html, html=True)

    def variant_of(self, lead_id: UUID, step_id: UUID) -> str | None:
        """The variant that this lead gets while no winner has been chosen; None for an email without variants."""
        candidates = [Variant(variant.name, variant.weight) for variant in self.variants]
        return choose(candidates, lead_id, step_id) if candidates else None
