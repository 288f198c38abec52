"""An email as one lead reads it: the sequence's templates filled in, the footer below, links and headers around."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.queries.engine.performing import LoadedMailbox, LoadedMessage
from domain.engine.footer import Footer
from domain.engine.templates import render, render_header
from mail.compose import reply_subject
from mail.harmless_html import harmless_html
from mail.html_text import html_to_text
from mail.tracked_html import tracked_html
from mail.unsubscribe_headers import unsubscribe_headers
from services.engine.steps.effect import Tools
from services.engine.steps.visit import Visit


@dataclass(frozen=True, slots=True)
class Content:
    """Liquid templates of a message; one body may be empty."""

    subject: str
    body_text: str
    body_html: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent, as the sequence has it. `mailbox_id` is None for the lead's own mailbox, `earlier` the
    message whose thread it continues, if any."""

    content: Content
    variant: str | None
    mailbox_id: UUID | None
    earlier: LoadedMessage | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A rendered message, before the gate has given it its Message-ID."""

    to_address: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    thread: list[str]


def write(content: Content, fields: Mapping[str, Any], earlier_subject: str | None, footer: Footer) -> Content:
    """The message as this lead reads it, `earlier_subject` being that of the thread it is in, if any.

    Raises MergeFieldMissing and TemplateInvalid.
    """
    subject = render_header(content.subject, fields)
    text = render(content.body_text, fields, html=False)
    html = harmless_html(render(content.body_html, fields, html=True))
    return Content(
        subject=subject if earlier_subject is None else reply_subject(subject or earlier_subject),
        body_text=footer.in_text(text if text.strip() else html_to_text(html) + "\n"),
        body_html=footer.in_html(html),
    )


def draft(
    visit: Visit,
    tools: Tools,
    sender: LoadedMailbox,
    content: Content,
    earlier: LoadedMessage | None,
    message_id: UUID,
) -> Draft:
    """Raises MergeFieldMissing and TemplateInvalid."""
    links = tools.links.of(visit.queries.tenant_id, message_id) if tools.links else None
    footer = Footer(sender.postal_address, links.unsubscribe if links else None)
    fields = visit.merge_fields(sender, footer.unsubscribe_url)
    written = write(content, fields, earlier.subject if earlier else None, footer)
    settings, html = visit.plan.settings, written.body_html
    return Draft(
        to_address=str(visit.loaded.lead["email"]),
        subject=written.subject,
        # Words alone are not tracked, not even those that an HTML part is turned into.
        text=written.body_text,
        html=tracked_html(html, links, opens=settings.track_opens, clicks=settings.track_clicks) if links else html,
        headers=unsubscribe_headers(links, sender.email if sender.watched else None),
        # The whole chain (RFC 5322 section 3.6.4): what the last message referred to, and itself.
        thread=[*earlier.thread, earlier.rfc_message_id] if earlier else [],
    )
