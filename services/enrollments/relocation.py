"""Finds the place in a new version for leads that stand in an older one."""

from collections.abc import Sequence
from uuid import UUID

from db.queries.sequences import publishing
from db.queries.sequences.publishing import Behind
from db.session import ReadSession
from domain.sequences.relocation import Relocated
from domain.sequences.sequence import Plan


class Plans:
    """The plans of the versions that the leads of one sequence stand in. Each is read once."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._known: dict[UUID, Plan] = {}

    async def know(self, rows: Sequence[Behind]) -> None:
        unknown = {row.version_id for row in rows} - self._known.keys()
        if unknown:
            found = await publishing.plans(self._session, list(unknown))
            self._known |= {version_id: Plan.model_validate(plan) for version_id, plan in found.items()}

    def of(self, row: Behind) -> Plan:
        return self._known[row.version_id]


def relocated_row(row: Behind, to: Relocated) -> dict[str, str | None]:
    """In the form that `migrate_enrollments` takes."""
    return {
        "id": str(row.id),
        "step_id": str(to.step.id) if to.step else None,
        "due_at": to.due_at.isoformat() if to.due_at else None,
        "listens_for": to.step.config.listens_for if to.step else None,
        "entered_at": to.entered_at.isoformat() if to.entered_at else None,
    }
