"""The subject of an email that replies in a thread and has no subject of its own. Pure."""

from dataclasses import replace
from uuid import UUID

from domain.engine.content import Content
from domain.sequences.sequence import Plan, Step
from domain.sequences.steps.email import EmailConfig


def email_content(plan: Plan, step: Step, variant: str | None, lead_id: UUID, *, in_thread: bool) -> Content:
    """The templates that an email step sends as `variant` to this lead.

    `in_thread`: the lead has a thread with a subject, which the email takes over. A lead without one (none of its
    emails has left) starts the thread with this email, under the subject that the thread would have had.
    """
    assert isinstance(step.config, EmailConfig), "only emails have content"
    content = step.config.contents()[variant]
    if in_thread or content.has_subject:
        return content
    return replace(content, subject=_subject_of_thread(plan, step, lead_id))


def _subject_of_thread(plan: Plan, step: Step, lead_id: UUID) -> str:
    """The subject (a template) of the nearest email before this one that has one, else of the nearest after it."""
    place = plan.steps.index(step)
    for other in (*reversed(plan.steps[:place]), *plan.steps[place + 1 :]):
        if isinstance(other.config, EmailConfig):
            content = other.config.contents()[other.config.variant_of(lead_id, other.id)]
            if content.has_subject:
                return content.subject
    return ""
