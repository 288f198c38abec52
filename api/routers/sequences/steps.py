"""`/sequences/{id}/steps`: the steps of a draft."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from api.deps import Once, Reading, Writing
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.sequences.sequences import (
    SequenceStepCreate,
    SequenceStepResponse,
    SequenceStepsReplace,
    SequenceStepsResponse,
    SequenceStepUpdate,
)
from services.sequences import draft_steps
from services.sequences import replace_steps as steps_replace

router = APIRouter(prefix="/sequences/{sequence_id}/steps", tags=["Steps"], route_class=ApiRoute)

StepRef = Annotated[str, Path(min_length=1, max_length=100, description="The step's ID or its key.")]


@router.get("", responses=problems(404))
async def list_steps(sequence_id: UUID, session: Reading) -> SequenceStepsResponse:
    """All steps on one page, by position."""
    return SequenceStepsResponse.of(await steps_replace.read_steps(session, sequence_id))


@router.put("", responses=WITH_BODY | problems(404, 409))
async def replace_steps(sequence_id: UUID, body: SequenceStepsReplace, session: Writing) -> SequenceStepsResponse:
    """Replaces all steps at once, in the given order. A step that stays keeps its ID. An unfinished step is stored as
    it is: `POST /sequences/{id}/validate` says what it lacks. 409 `sequence_changed` if the steps were changed since
    they were read, so that nobody overwrites an edit they have not seen."""
    return SequenceStepsResponse.of(
        await steps_replace.replace_steps(session, sequence_id, body.steps, revision=body.steps_revision)
    )


@router.post("", status_code=201, response_model=SequenceStepResponse, responses=WITH_BODY | problems(404, 409))
async def create_step(sequence_id: UUID, body: SequenceStepCreate, session: Writing, once: Once) -> Response:
    """Inserts a step at its position, or at the end. The steps after it move back by one."""

    async def create() -> SequenceStepResponse:
        return SequenceStepResponse.of(await draft_steps.add_step(session, sequence_id, body))

    return await once(session, 201, create)


@router.put("/{step}", responses=WITH_BODY | problems(404, 409))
async def update_step(
    sequence_id: UUID, step: StepRef, body: SequenceStepUpdate, session: Writing
) -> SequenceStepResponse:
    """Changes the given fields. A new `position` moves the step there."""
    changed = await draft_steps.change_step(session, sequence_id, step, body.changes())
    return SequenceStepResponse.of(changed)


@router.delete("/{step}", status_code=204, responses=problems(404, 409))
async def delete_step(sequence_id: UUID, step: StepRef, session: Writing) -> None:
    """The steps after it move up by one."""
    await draft_steps.remove_step(session, sequence_id, step)
