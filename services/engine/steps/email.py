"""`email`: a message to the lead, from its mailbox."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from db.models import Mailbox
from db.queries.rows import find_row
from db.session import ReadSession
from domain.engine.contracts import Directive
from domain.errors import FieldError
from domain.sequences.sequence import Plan, Step
from domain.sequences.steps.config import TemplateField
from domain.sequences.variants import Variant as Candidate
from domain.sequences.variants import choose
from domain.text import one_line
from services.engine.composing import Content, Letter
from services.engine.sending import send
from services.engine.steps.effect import Effect, Tools
from services.engine.steps.visit import Visit

MAX_SUBJECT, MAX_TEXT, MAX_HTML = 998, 200_000, 500_000


class Variant(BaseModel):
    """One of several wordings. A part that is left empty is the step's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    weight: int = Field(default=1, ge=0, le=1000)
    subject: str = Field(default="", max_length=MAX_SUBJECT)
    body_text: str = Field(default="", max_length=MAX_TEXT)
    body_html: str = Field(default="", max_length=MAX_HTML)

    _one_line = field_validator("subject")(one_line)


class AutoWinner(BaseModel):
    """When the best variant takes over: each has been sent `min_sample` times, and the probability that it has the
    highest reply rate is at least `certainty`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_sample: int = Field(default=100, ge=1, le=1_000_000)
    certainty: float = Field(default=0.95, gt=0.5, lt=1)


class Email(Effect):
    """Liquid templates. At least one body; a reply in thread may leave the subject to the thread.

    `variants`: each lead gets one of them, by weight, and always the same one. `mailbox_id`: sends from this one
    instead of the lead's own.
    """

    step_type: ClassVar[str] = "email"
    needs_postal_address: ClassVar[bool] = True

    subject: str = Field(default="", max_length=MAX_SUBJECT)
    body_text: str = Field(default="", max_length=MAX_TEXT)
    body_html: str = Field(default="", max_length=MAX_HTML)
    reply_in_thread: bool = False
    mailbox_id: UUID | None = None
    variants: list[Variant] = Field(default_factory=list[Variant], max_length=10)
    auto_winner: AutoWinner | None = None

    _one_line = field_validator("subject")(one_line)

    @model_validator(mode="after")
    def _says_something(self) -> "Email":
        for content in self.contents().values():
            if not content.body_text.strip() and not content.body_html.strip():
                raise ValueError("an email needs `body_text` or `body_html`")
            if not content.subject.strip() and not self.reply_in_thread:
                raise ValueError("an email needs a `subject` unless it replies in thread")
        return self

    @model_validator(mode="after")
    def _variants_to_choose_from(self) -> "Email":
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("two variants have one name")
        if self.variants and not any(variant.weight for variant in self.variants):
            raise ValueError("one variant at least has a weight above 0")
        if self.auto_winner and len(self.variants) < 2:
            raise ValueError("`auto_winner` needs two variants to choose from")
        return self

    def contents(self) -> dict[str | None, Content]:
        """What may be sent, by the variant's name; without variants there is one, of no name."""
        own = Content(self.subject, self.body_text, self.body_html)
        if not self.variants:
            return {None: own}
        return {
            variant.name: Content(
                variant.subject or self.subject,
                variant.body_text or ("" if variant.body_html else self.body_text),
                variant.body_html or ("" if variant.body_text else self.body_html),
            )
            for variant in self.variants
        }

    @property
    def has_subject(self) -> bool:
        """In one of its variants at least."""
        return any(content.subject.strip() for content in self.contents().values())

    def templates(self) -> Iterator[TemplateField]:
        for prefix, part in (("", self), *((f"variants[{i}].", variant) for i, variant in enumerate(self.variants))):
            yield TemplateField(f"{prefix}subject", part.subject)
            yield TemplateField(f"{prefix}body_text", part.body_text)
            yield TemplateField(f"{prefix}body_html", part.body_html, html=True)

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        if self.mailbox_id is None or await find_row(session, Mailbox, self.mailbox_id) is not None:
            return ()
        return (FieldError("mailbox_id", "not_found", f"there is no mailbox {self.mailbox_id}"),)

    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        """Raises MergeFieldMissing, NoMailbox, WindowNeverOpens, and what SMTP says (mail/transport.py)."""
        variant = await self._variant(visit)
        earlier = visit.last_message if self.reply_in_thread else None
        # Of one that a restored copy marked nobody knows the subject, as it was rendered.
        in_thread = earlier is not None and earlier.subject != ""
        content = self.content(variant, visit.plan, visit.step, visit.lead_id, in_thread=in_thread)
        return await send(visit, tools, Letter(content, variant, self.mailbox_id, earlier))

    def content(self, variant: str | None, plan: Plan, step: Step, lead_id: UUID, *, in_thread: bool) -> Content:
        """Of this step, whose subject may be the thread's. A lead without one (none of its emails has left) begins it,
        under the subject that it would have."""
        content = self.contents()[variant]
        if in_thread or content.subject.strip():
            return content
        return replace(content, subject=_subject_of_thread(plan, step, lead_id))

    async def _variant(self, visit: Visit) -> str | None:
        if not self.variants:
            return None
        if self.auto_winner is not None:
            winner = await visit.queries.variant_winner(visit.step.id)
            # A winner that an edit has removed or renamed is none any more.
            if winner in {variant.name for variant in self.variants}:
                return winner
        return self.variant_of(visit.lead_id, visit.step.id)

    def variant_of(self, lead_id: UUID, step_id: UUID) -> str | None:
        """The wording that this lead gets, as long as no winner has taken over; None where there is only one."""
        candidates = [Candidate(variant.name, variant.weight) for variant in self.variants]
        return choose(candidates, lead_id, step_id) if candidates else None


def _subject_of_thread(plan: Plan, step: Step, lead_id: UUID) -> str:
    """The subject (a template) of the nearest email before this one that has any, else after it."""
    place = plan.steps.index(step)
    for other in (*reversed(plan.steps[:place]), *plan.steps[place + 1 :]):
        if isinstance(other.config, Email):
            content = other.config.contents()[other.config.variant_of(lead_id, other.id)]
            if content.subject.strip():
                return content.subject
    return ""
