"""Steps that choose a winner among their variants automatically, and the winners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from db.session import ReadSession, WriteSession

# As published: drafts are not sent to anyone. A winner stays while its variant exists.
_CHOOSING = text("""
    SELECT q.id AS sequence_id, CAST(step->>'id' AS uuid) AS step_id, step->'config'->'auto_winner' AS auto_winner,
           ARRAY(SELECT one->>'name' FROM jsonb_array_elements(step->'config'->'variants') one
                  WHERE coalesce(CAST(one->>'weight' AS numeric), 1) > 0) AS variants,
           w.variant AS winner
      FROM sequences q
      JOIN sequence_versions v ON v.tenant_id = q.tenant_id AND v.sequence_id = q.id AND v.version = q.current_version
     CROSS JOIN jsonb_array_elements(v.plan->'steps') step
      LEFT JOIN variant_winners w ON w.tenant_id = q.tenant_id AND w.step_id = CAST(step->>'id' AS uuid)
     WHERE q.tenant_id = :tenant_id AND q.status = 'active'
       AND jsonb_typeof(step->'config'->'auto_winner') = 'object'
       AND jsonb_typeof(step->'config'->'variants') = 'array'
""")
_DECIDE = text("""
    INSERT INTO variant_winners (tenant_id, sequence_id, step_id, variant, certainty)
    VALUES (:tenant_id, :sequence_id, :step_id, :variant, :certainty)
    ON CONFLICT (tenant_id, step_id) DO UPDATE
       SET variant = excluded.variant, certainty = excluded.certainty, decided_at = now()
""")
_FORGET = text("DELETE FROM variant_winners WHERE tenant_id = :tenant_id AND step_id = :step_id")


@dataclass(frozen=True, slots=True)
class ChoosingStep:
    """A published email step with `auto_winner`. `winner`: the winner chosen earlier.

    `variants` contains those with a weight above 0: the others would never reach their sample size.
    """

    sequence_id: UUID
    step_id: UUID
    auto_winner: dict[str, Any]
    variants: list[str]
    winner: str | None


async def choosing_steps(session: ReadSession) -> Sequence[ChoosingStep]:
    rows = await session.execute(_CHOOSING, {"tenant_id": session.tenant_id})
    return [ChoosingStep(*row) for row in rows]


async def decide(session: WriteSession, step: ChoosingStep, variant: str, certainty: float) -> None:
    await session.execute(
        _DECIDE,
        {
            "tenant_id": session.tenant_id,
            "sequence_id": step.sequence_id,
            "step_id": step.step_id,
            "variant": variant,
            "certainty": certainty,
        },
    )


async def forget(session: WriteSession, step: ChoosingStep) -> None:
    """Deletes the winner, because its variant no longer exists."""
    await session.execute(_FORGET, {"tenant_id": session.tenant_id, "step_id": step.step_id})
