"""Previews what a sequence's draft would do to one lead: every message, due time and branch. Writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.calls.enrolling import IsSuppressed
from db.models import Lead, Mailbox
from db.queries.access.tenants import own_tenant
from db.queries.sequences import preview as queries
from db.queries.sequences import sequences as sequence_queries
from db.queries.sequences.preview import Senders
from db.session import ReadSession
from domain.engine.content import Content
from domain.engine.footer import Footer
from domain.engine.message_fields import message_fields
from domain.errors import FieldError, MergeFieldMissing, TemplateInvalid
from domain.leads.lead import FIELDS, template_fields
from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import WindowNeverOpens
from domain.sequences.graph import cycles_without_delay, unreachable
from domain.sequences.preview import AnyTime, Assumption, Cut, Happens, Moment, Rehearsal
from domain.sequences.sequence import Plan, Step
from domain.sequences.steps.email import EmailConfig
from domain.sequences.thread_subject import email_content
from domain.zones import find_zone
from services.engine.composing import write
from services.leads.leads import get_lead
from services.not_found import no_sequence
from services.sequences.publishing import drafted_plan

UNSUBSCRIBE_URL = "https://unsubscribe.invalid/preview"


@dataclass(frozen=True, slots=True)
class DraftWarning:
    code: str
    detail: str
    step: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class PreviewedMessage:
    """The message as the lead would read it. `content` is None where it cannot be rendered; a warning says why."""

    from_address: str | None
    to_address: str
    variant: str | None
    content: Content | None


@dataclass(slots=True)
class Preview:
    plan: Plan
    lead: Lead
    start_at: datetime
    moments: list[Moment]
    messages: dict[int, PreviewedMessage]
    """Keyed by their position among the moments."""
    warnings: list[DraftWarning] = field(default_factory=list[DraftWarning])


async def preview_sequence(
    session: ReadSession,
    sequence_id: UUID,
    *,
    lead_id: UUID,
    start_at: datetime | None,
    assume: Sequence[Assumption] = (),
) -> Preview:
    """Raises NotFound for the sequence and for the lead."""
    sequence = await sequence_queries.find_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    lead = await get_lead(session, lead_id)
    plan, errors = await drafted_plan(session, sequence)
    start = start_at or datetime.now(UTC)
    fields = lead_fields(lead)
    senders = await queries.senders(
        session,
        lead_id,
        among=plan.settings.mailbox_ids,
        named=[id_ for _, config in _emails(plan) if (id_ := config.mailbox_id)],
    )
    preview = Preview(plan, lead, start, [], {}, [*_of_draft(plan, errors)])
    if plan.steps and not any(cycles_without_delay(plan.steps)):
        emails = frozenset(str(step.id) for step, _ in _emails(plan))
        preview.warnings += _of_hours(preview, senders)
        rehearsal = Rehearsal(plan, fields, emails, assume, lambda steps: _hours(preview, _sent_from(steps, senders)))
        preview.moments = rehearsal.run(start)
        tenant = await own_tenant(session)
        footer = Footer(tenant.postal_address if tenant else "", UNSUBSCRIBE_URL)
        _write_messages(preview, fields, senders, footer)
        preview.warnings += _of_rehearsal(rehearsal)
    suppressed = await IsSuppressed(tenant_id=session.tenant_id, email=lead.email).within(session)
    preview.warnings += _of_lead(lead, suppressed)
    preview.warnings += _of_senders(plan, senders)
    return preview


def lead_fields(lead: Lead) -> dict[str, Any]:
    """The lead's own merge fields."""
    return template_fields({name: _plain(getattr(lead, name)) for name in FIELDS})


def preview_fields(
    lead: dict[str, Any], sender: Mailbox | None, sequence_name: str, now: datetime, footer: Footer
) -> dict[str, Any]:
    """The merge fields of a previewed message. Where there is no mailbox yet, "Sender" stands for its name."""
    return message_fields(
        lead,
        {
            "name": sender.name if sender else "Sender",
            "email": sender.email if sender else "",
            "postal_address": footer.postal_address,
        },
        sequence_name=sequence_name,
        now=now,
        unsubscribe_url=footer.unsubscribe_url,
    )


def _emails(plan: Plan) -> Iterator[tuple[Step, EmailConfig]]:
    yield from ((step, step.config) for step in plan.steps if isinstance(step.config, EmailConfig))


def _write_messages(preview: Preview, fields: dict[str, Any], senders: Senders, footer: Footer) -> None:
    subject: str | None = None
    written: list[Step] = []
    for place, moment in enumerate(preview.moments):
        if not isinstance(moment, Happens) or not isinstance(moment.step.config, EmailConfig):
            continue
        config = moment.step.config
        written.append(moment.step)
        sender = _sent_from(written, senders)
        variant = config.variant_of(preview.lead.id, moment.step.id)
        known = preview_fields(fields, sender, preview.plan.name, moment.at, footer)
        try:
            earlier = subject if config.reply_in_thread else None
            in_thread = earlier is not None
            wording = email_content(preview.plan, moment.step, variant, preview.lead.id, in_thread=in_thread)
            content = write(wording, known, earlier, footer)
        except (MergeFieldMissing, TemplateInvalid) as error:
            preview.warnings.append(DraftWarning(error.code, error.detail, moment.step.key))
            content = None
        preview.messages[place] = PreviewedMessage(
            sender.email if sender else None, preview.lead.email, variant, content
        )
        subject = content.subject if content else subject


def _sent_from(steps: Sequence[Step], senders: Senders) -> Mailbox | None:
    """The mailbox of the last of these emails: a reply in thread leaves from the mailbox of its thread."""
    sender: Mailbox | None = None
    for number, step in enumerate(steps):
        assert isinstance(step.config, EmailConfig), "only emails are sent"
        if number == 0 or not step.config.reply_in_thread:
            sender = senders.of(step.config.mailbox_id)
    return sender


def _hours(preview: Preview, sender: Mailbox | None) -> SendingHours:
    """When email may leave that mailbox. Any time where it never could, which a warning reports."""
    hours = _hours_asked(preview, sender)
    return hours if _opens(hours, preview.start_at) else AnyTime


def _hours_asked(preview: Preview, sender: Mailbox | None) -> SendingHours:
    zones = preview.plan.zones(preview.lead.timezone, sender.timezone if sender else "")
    return SendingHours.of(preview.plan.settings.send_window, sender.working_hours if sender else None, zones)


def _opens(hours: SendingHours, since: datetime) -> bool:
    try:
        hours.opens_at(since)
    except WindowNeverOpens:
        return False
    return True


def _of_draft(plan: Plan, errors: Sequence[FieldError]) -> Iterator[DraftWarning]:
    for error in errors:
        yield DraftWarning(error.code, error.detail, field=error.field)
    for step in unreachable(plan.steps):
        yield DraftWarning("unreachable_step", "no way leads to this step", step.key)


def _of_hours(preview: Preview, senders: Senders) -> Iterator[DraftWarning]:
    told: set[str] = set()
    for step, config in _emails(preview.plan):
        hours = _hours_asked(preview, senders.of(config.mailbox_id))
        if not _opens(hours, preview.start_at):
            detail = "the send window and the mailbox's working hours have no hour in common: it would never leave"
            yield DraftWarning("window_never_opens", detail, step.key)
        fallback = hours.zone_fallback
        if fallback is not None and hours.window and hours.window.timezone == "mailbox" and fallback not in told:
            told.add(fallback)
            yield DraftWarning("unknown_timezone", fallback, step.key)


def _of_rehearsal(rehearsal: Rehearsal) -> Iterator[DraftWarning]:
    for moment in rehearsal.moments:
        if isinstance(moment, Cut):
            yield DraftWarning("loop_cut", "the sequence goes round; the preview stops here", moment.step.key)
    for one in rehearsal.unused:
        detail = f"`{one.event}` was assumed about an email that is not sent on this way"
        yield DraftWarning("assumption_unused", detail, one.step)


def _of_lead(lead: Lead, suppressed: bool) -> Iterator[DraftWarning]:
    if suppressed:
        detail = "the address, or its domain, is on the suppression list: the lead would not be enrolled"
        yield DraftWarning("suppressed", detail)
    if lead.status in ("bounced", "unsubscribed"):
        yield DraftWarning(lead.status, f"the lead is {lead.status}, and would not be enrolled")
    if find_zone(lead.timezone) is None:
        zone = repr(lead.timezone) if lead.timezone else "not known"
        yield DraftWarning("unknown_timezone", f"the lead's time zone is {zone}; the sequence's is used instead")


def _of_senders(plan: Plan, senders: Senders) -> Iterator[DraftWarning]:
    for step, config in _emails(plan):
        sender = senders.of(config.mailbox_id)
        if sender is None:
            yield DraftWarning("no_mailbox", "there is no mailbox to send this from", step.key)
        elif sender.status != "active":
            yield DraftWarning("mailbox_held", f"the mailbox is {sender.status}; everything of it waits", step.key)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
