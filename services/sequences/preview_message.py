"""Previews one message while it is being written, as a lead would read it. It need not be saved."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from db.queries.access.tenants import own_tenant
from db.queries.sequences import preview as queries
from db.queries.sequences import sequences as sequence_queries
from db.session import ReadSession
from domain.engine.content import Content
from domain.engine.footer import Footer
from domain.engine.templates import check, render_header
from domain.errors import FieldError, MergeFieldMissing, TemplateInvalid
from domain.sequences.sequence import SequenceSettings
from services.engine.composing import write
from services.leads.leads import get_lead
from services.not_found import no_sequence
from services.sequences.preview import UNSUBSCRIBE_URL, lead_fields, preview_fields


@dataclass(frozen=True, slots=True)
class Wording:
    """Liquid templates. `earlier_subject` is the subject of the thread that the message answers, if it does."""

    content: Content
    earlier_subject: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """`content` is None where `errors` say why it cannot be rendered."""

    from_address: str | None
    to_address: str
    content: Content | None
    errors: list[FieldError]


async def preview_message(
    session: ReadSession, sequence_id: UUID, *, lead_id: UUID, wording: Wording, mailbox_id: UUID | None
) -> WrittenMessage:
    """Raises NotFound for the sequence and for the lead. A mailbox that does not exist counts as no sender."""
    sequence = await sequence_queries.find_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    lead = await get_lead(session, lead_id)
    among = SequenceSettings.model_validate(sequence.settings).mailbox_ids
    senders = await queries.senders(session, lead_id, among=among, named=[mailbox_id] if mailbox_id else [])
    sender = senders.of(mailbox_id)
    tenant = await own_tenant(session)
    footer = Footer(tenant.postal_address if tenant else "", UNSUBSCRIBE_URL)
    fields = preview_fields(lead_fields(lead), sender, sequence.name, datetime.now(UTC), footer)
    content, errors = _written(wording, fields, footer)
    return WrittenMessage(sender.email if sender else None, lead.email, content, errors)


def _written(wording: Wording, fields: dict[str, object], footer: Footer) -> tuple[Content | None, list[FieldError]]:
    """The message, or what is wrong with each part: first for any lead, then for this one."""
    content = wording.content
    parts = {"subject": content.subject, "body_text": content.body_text, "body_html": content.body_html}
    errors = [problem.at(name) for name, source in parts.items() for problem in check(source, html=name == "body_html")]
    if errors:
        return None, errors
    for name, source in parts.items():
        try:
            write(Content(**{**dict.fromkeys(parts, ""), name: source}), fields, None, footer)
        except (MergeFieldMissing, TemplateInvalid) as error:
            errors.append(FieldError(name, error.code, error.detail))
    if errors:
        return None, errors
    return write(content, fields, _earlier(wording.earlier_subject, fields), footer), []


def _earlier(subject: str | None, fields: dict[str, object]) -> str | None:
    """The thread's rendered subject. The template itself where it cannot be rendered, because that step reports its own
    errors."""
    if subject is None:
        return None
    try:
        return render_header(subject, fields)
    except (MergeFieldMissing, TemplateInvalid):
        return subject
