"""`/sequences`: create, change, activate, pause and archive sequences."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import Once, Paging, Reading, Steering, Writing
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.sequences.sequences import (
    SequenceCreate,
    SequenceProblems,
    SequenceResponse,
    SequenceStepsCheck,
    SequenceUpdate,
)
from domain.sequences.sequence import SequenceStatus
from services.sequences import sequences
from services.sequences.replace_steps import problems_of

router = APIRouter(prefix="/sequences", tags=["Sequences"], route_class=ApiRoute)


@router.post("", status_code=201, response_model=SequenceResponse, responses=WITH_BODY | problems(409))
async def create_sequence(body: SequenceCreate, session: Writing, once: Once) -> Response:
    """Creates a draft, with steps if they are given."""

    async def create() -> SequenceResponse:
        created = await sequences.create_sequence(
            session, name=body.name, description=body.description, settings=body.settings, steps=body.steps
        )
        return SequenceResponse.of(created)

    return await once(session, 201, create)


@router.get("")
async def list_sequences(
    session: Reading,
    page: Paging,
    search: Annotated[str | None, Query(max_length=200, description="Matches anywhere in the name.")] = None,
    status: Annotated[SequenceStatus | None, Query()] = None,
) -> Listed[SequenceResponse]:
    """Newest first."""
    found = await sequences.list_sequences(session, page, search=search, status=status)
    return listed(found, SequenceResponse.of)


@router.get("/{sequence_id}", responses=problems(404))
async def get_sequence(sequence_id: UUID, session: Reading) -> SequenceResponse:
    return SequenceResponse.of(await sequences.get_sequence(session, sequence_id))


@router.post("/{sequence_id}/validate", responses=WITH_BODY | problems(404))
async def validate_sequence(sequence_id: UUID, body: SequenceStepsCheck, session: Reading) -> SequenceProblems:
    """Every problem that would keep the sequence from running if it had these steps. Changes nothing."""
    return SequenceProblems.of(await problems_of(session, sequence_id, body.steps))


@router.put("/{sequence_id}", responses=WITH_BODY | problems(404, 409))
async def update_sequence(sequence_id: UUID, body: SequenceUpdate, session: Steering) -> SequenceResponse:
    """Changes the given fields. `active` checks that the sequence can run and saves it as a version. `paused` holds
    all its leads, and `active` lets them go on. `archived` stops them for good."""
    return SequenceResponse.of(await sequences.change_sequence(session, sequence_id, body.changes()))


@router.delete("/{sequence_id}", status_code=204, responses=problems(404, 409))
async def delete_sequence(sequence_id: UUID, session: Writing) -> None:
    """Deletes a draft with its steps."""
    await sequences.delete_sequence(session, sequence_id)
