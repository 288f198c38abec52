"""An email as one lead reads it: filled-in templates, the footer, tracked links, and headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.queries.engine.performing import LoadedMailbox, LoadedMessage
from domain.engine.content import Content
from domain.engine.footer import Footer
from domain.engine.templates import render, render_header
from mail.compose import reply_subject
from mail.html.harmless import harmless_html
from mail.html.text import html_to_text
from mail.html.tracked import tracked_html
from mail.unsubscribe_headers import unsubscribe_headers
from services.engine.tools import Tools
from services.engine.visit import Visit


@dataclass(frozen=True, slots=True)
class PlannedEmail:
    """What an email step sends. `mailbox_id` is None for the lead's own mailbox. `earlier` is the message whose thread
    the email continues, if any."""

    content: Content
    variant: str | None
    mailbox_id: UUID | None
    earlier: LoadedMessage | None


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """The email for one lead. The Message-ID is not part of it: the gate gives it."""

    to_address: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    thread: list[str]


def write(content: Content, fields: Mapping[str, Any], earlier_subject: str | None, footer: Footer) -> Content:
    """Fill in the templates `content` with the merge fields of one lead, and add the footer.

    `earlier_subject` is the subject of the thread that the email continues; None when it begins a thread.

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


def render_email(
    visit: Visit,
    tools: Tools,
    sender: LoadedMailbox,
    content: Content,
    earlier: LoadedMessage | None,
    message_id: UUID,
) -> RenderedEmail:
    """The email for the lead of this visit. Raises MergeFieldMissing and TemplateInvalid."""
    links = tools.links.of(visit.queries.tenant_id, message_id) if tools.links else None
    footer = Footer(sender.postal_address, links.unsubscribe if links else None)
    fields = visit.merge_fields(sender, footer.unsubscribe_url)
    written = write(content, fields, earlier.subject if earlier else None, footer)
    settings, html = visit.plan.settings, written.body_html
    return RenderedEmail(
        to_address=str(visit.loaded.lead["email"]),
        subject=written.subject,
        # Only the HTML part is tracked, not the text part, even if the text was made from the HTML.
        text=written.body_text,
        html=tracked_html(html, links, opens=settings.track_opens, clicks=settings.track_clicks) if links else html,
        headers=unsubscribe_headers(links, sender.email if sender.watched else None),
        # The References header: what the last message referred to, and the last message itself (RFC 5322, 3.6.4).
        thread=[*earlier.thread, earlier.rfc_message_id] if earlier else [],
    )
