"""Explains why nothing is being sent to a lead right now."""

from dataclasses import dataclass
from uuid import UUID

from db.queries.enrollments.explain import load_situation
from db.session import ReadSession
from domain.enrollments.explain import Explanation, Situation, explain
from domain.errors import NotFound
from domain.failures import remedy_for


@dataclass(frozen=True, slots=True)
class Explained:
    situation: Situation
    explanation: Explanation


async def explain_enrollment(session: ReadSession, enrollment_id: UUID) -> Explained:
    """Raises NotFound."""
    situation = await load_situation(session, enrollment_id)
    if situation is None:
        raise NotFound(f"no enrollment {enrollment_id}")
    if situation.error:
        situation = situation.model_copy(update={"remedy": remedy_for(situation.error)})
    return Explained(situation, explain(situation))
