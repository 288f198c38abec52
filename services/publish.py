"""From a draft to a version that leads run on."""

from collections.abc import Sequence
from datetime import timedelta

from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.queries import sequences as queries
from db.session import WriteSession
from domain.errors import FieldError, SequenceInvalid
from domain.graph import problems
from domain.sequence import Plan, SequenceSettings, Step, read_config
from domain.steps import StepType


async def publish(session: WriteSession, sequence: SequenceRow) -> int:
    """Freezes the steps as the sequence's next version, makes it the current one, and answers its number.

    Raises SequenceInvalid, naming each field that keeps the sequence from running (`steps[2].config...`).
    """
    plan = compile_plan(sequence, await queries.list_steps(session, sequence.id))
    version = (sequence.current_version or 0) + 1
    await queries.insert_version(session, sequence.id, version, plan.model_dump(mode="json", by_alias=True))
    await queries.update_sequence(session, sequence.id, {"current_version": version})
    return version


def compile_plan(sequence: SequenceRow, rows: Sequence[SequenceStep]) -> Plan:
    """The plan that the drafted steps amount to. Raises SequenceInvalid."""
    steps: list[Step] = []
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        step_type: StepType = row.type  # pyright: ignore[reportAssignmentType]
        config, problems_of_step = read_config(step_type, row.config, f"steps[{index}].config")
        errors += problems_of_step
        if config is not None:
            own_delay = timedelta(days=row.delay_days, hours=row.delay_hours, minutes=row.delay_minutes)
            steps.append(
                Step(
                    id=row.id,
                    key=row.key,
                    name=row.name,
                    type=step_type,
                    delay_seconds=int(own_delay.total_seconds()),
                    config=config,
                )
            )
    errors = errors or problems(steps)
    if errors:
        raise SequenceInvalid(errors=errors)
    settings = SequenceSettings.model_validate(sequence.settings)
    return Plan(name=sequence.name, settings=settings, steps=tuple(steps))
