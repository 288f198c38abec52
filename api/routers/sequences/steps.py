"""`/sequences/{id}/steps`: the steps of a draft."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from api.deps import Once, Reading, Writing
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.sequences.sequences import (
    SequenceStepCreate,
    SequenceStepResponse,
    SequenceStepsReplace,
    SequenceStepsResponse,
    SequenceStepUpdate,
)
from services.sequences import draft_steps as steps_draft
from services.sequences import replace_steps as steps_replace

router = APIRouter(prefix="/sequences/{sequence_id}/steps", tags=["Steps"], route_class=ApiRoute)

StepRef = Annotated[str, Path(min_length=1, max_length=100, description="The step's ID or its key.")]


@router.get("", responses=problems(404))
async def list_steps(sequence_id: UUID, session: Reading) -> SequenceStepsResponse:
    """All steps on one page, in the order of their positions."""
    return SequenceStepsResponse.of(await steps_replace.read_steps(session, sequence_id))


@router.put("", responses=WITH_BODY | problems(404, 409))
async def replace_steps(sequence_id: UUID, body: SequenceStepsReplace, session: Writing) -> SequenceStepsResponse:
    """All steps at once, in their order. A step that stays keeps its ID. One that is not finished is kept as it is:
    ask `POST /sequences/{id}/validate` what it lacks. `sequence_changed` if the steps are no longer those that were
    read: nobody overwrites what somebody else wrote without having seen it."""
    return SequenceStepsResponse.of(
        await steps_replace.replace_steps(session, sequence_id, body.steps, revision=body.steps_revision)
    )


@router.post("", status_code=201, response_model=SequenceStepResponse, responses=WITH_BODY | problems(404, 409))
async def create_step(sequence_id: UUID, body: SequenceStepCreate, session: Writing, once: Once) -> Response:
    """At its position, or at the end; the steps behind it move back by one."""

    async def create() -> SequenceStepResponse:
        return SequenceStepResponse.of(await steps_draft.add_step(session, sequence_id, body))

    return await once(session, 201, create)


@router.put("/{step}", responses=WITH_BODY | problems(404, 409))
async def update_step(
    sequence_id: UUID, step: StepRef, body: SequenceStepUpdate, session: Writing
) -> SequenceStepResponse:
    """Changes the fields given. A new `position` moves the step there."""
    changed = await steps_draft.change_step(session, sequence_id, step, body.changes())
    return SequenceStepResponse.of(changed)


@router.delete("/{step}", status_code=204, responses=problems(404, 409))
async def delete_step(sequence_id: UUID, step: StepRef, session: Writing) -> None:
    """The steps behind it close the gap."""
    await steps_draft.remove_step(session, sequence_id, step)
