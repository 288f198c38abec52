"""Makes a draft the version that leads run on."""

from collections.abc import Sequence
from datetime import timedelta

from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.queries.access.tenants import own_tenant
from db.queries.mailboxes.mailboxes import existing_mailboxes
from db.queries.sequences import sequences as queries
from db.session import ReadSession, WriteSession
from domain.errors import FieldError, SequenceInvalid
from domain.sequences.graph import UnreadStep, problems, read_steps
from domain.sequences.sequence import Plan, SequenceSettings, Step, read_config
from domain.sequences.steps.email import EmailConfig
from services.engine.effects import effect_of


async def publish(session: WriteSession, sequence: SequenceRow) -> int:
    """Freezes the draft as the sequence's next version, makes it the current one, and returns its number.

    Raises SequenceInvalid, naming each field that keeps the sequence from running (`steps[2].config...`).
    """
    plan = await checked_plan(session, sequence)
    version = (sequence.current_version or 0) + 1
    await queries.insert_version(session, sequence.id, version, plan.model_dump(mode="json", by_alias=True))
    await queries.update_sequence(session, sequence.id, {"current_version": version, "unpublished": False})
    return version


async def checked_plan(session: ReadSession, sequence: SequenceRow) -> Plan:
    """The plan that the draft's steps form. Raises SequenceInvalid."""
    plan, errors = await drafted_plan(session, sequence)
    if errors:
        raise SequenceInvalid(errors=errors)
    return plan


async def drafted_plan(session: ReadSession, sequence: SequenceRow) -> tuple[Plan, list[FieldError]]:
    """The plan of the steps that can be read, and everything that keeps it from running."""
    return await plan_of(session, sequence, await queries.list_steps(session, sequence.id))


async def plan_of(
    session: ReadSession, sequence: SequenceRow, rows: Sequence[SequenceStep]
) -> tuple[Plan, list[FieldError]]:
    """The same for these steps instead of the draft's."""
    steps, errors = _compiled(rows)
    read = [step for _, step in read_steps(steps)]
    settings = SequenceSettings.model_validate(sequence.settings)
    errors = [
        *errors,
        *problems(steps),
        *_without_subject(steps),
        *await _missing(session, steps),
        *await _without_address(session, read),
        *await _missing_mailboxes(session, settings),
    ]
    return Plan(name=sequence.name, settings=settings, steps=tuple(read)), errors


def _compiled(rows: Sequence[SequenceStep]) -> tuple[list[Step | UnreadStep], list[FieldError]]:
    steps: list[Step | UnreadStep] = []
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        config, problems_of_step = read_config(row.type, row.config, f"steps[{index}].config")
        errors += problems_of_step
        if config is None:
            steps.append(UnreadStep(row.key))
        else:
            own_delay = timedelta(days=row.delay_days, hours=row.delay_hours, minutes=row.delay_minutes)
            steps.append(
                Step(
                    id=row.id,
                    key=row.key,
                    name=row.name,
                    type=row.type,
                    delay_seconds=int(own_delay.total_seconds()),
                    config=config,
                )
            )
    return steps, errors


def _without_subject(steps: Sequence[Step | UnreadStep]) -> list[FieldError]:
    """The error of a sequence that has only replies in thread: no email begins a thread with a subject."""
    read = list(read_steps(steps))
    emails = [(index, step.config) for index, step in read if isinstance(step.config, EmailConfig)]
    # A step that cannot be read may be the email with the subject.
    if not emails or len(read) < len(steps) or any(email.has_subject for _, email in emails):
        return []
    detail = "no email of the sequence has a subject: the first one needs it"
    return [FieldError(f"steps[{emails[0][0]}].config.subject", "no_subject", detail)]


async def _without_address(session: ReadSession, steps: Sequence[Step]) -> list[FieldError]:
    if not any(step.config.needs_postal_address for step in steps):
        return []
    tenant = await own_tenant(session)
    if tenant is not None and tenant.postal_address.strip():
        return []
    detail = "every email carries the tenant's postal address: give the tenant one"
    return [FieldError("postal_address", "postal_address_missing", detail)]


async def _missing_mailboxes(session: ReadSession, settings: SequenceSettings) -> list[FieldError]:
    there = await existing_mailboxes(session, settings.mailbox_ids)
    return [
        FieldError(f"settings.mailbox_ids[{index}]", "not_found", f"there is no mailbox {mailbox_id}")
        for index, mailbox_id in enumerate(settings.mailbox_ids)
        if mailbox_id not in there
    ]


async def _missing(session: ReadSession, steps: Sequence[Step | UnreadStep]) -> list[FieldError]:
    """The users, campaigns and mailboxes that steps refer to and that do not exist."""
    return [
        FieldError(f"steps[{index}].config.{error.field}", error.code, error.detail)
        for index, step in read_steps(steps)
        if step.config.takes_effect
        for error in await effect_of(step.config).missing(session)
    ]
