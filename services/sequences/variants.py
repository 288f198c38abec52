"""Decides the winner among the variants of an email, once the replies are clear enough."""

import logging
from collections.abc import Sequence
from uuid import UUID

from db.calls.access import TenantsChoosingWinners, tenants
from db.queries import analytics
from db.queries.sequences import variants as queries
from db.queries.sequences.variants import ChoosingStep
from db.session import Database, WriteSession
from domain.sequences.steps.email import AutoWinner
from domain.sequences.variants import VariantResult, probability_best, winner

log = logging.getLogger(__name__)


async def decide_all_winners(database: Database) -> int:
    """One pass over every tenant with such steps, each in its own transaction. Returns the number of winners."""
    decided = 0
    for tenant_id in await tenants(database, TenantsChoosingWinners()):
        async with database.write(tenant_id) as session:
            decided += len(await decide_winners(session))
    return decided


async def decide_winners(session: WriteSession) -> Sequence[UUID]:
    """The steps of the tenant for which a winner was decided now, by the figures of the last refresh, which people see.

    A winner stays as long as its variant exists.
    """
    decided: list[UUID] = []
    for step in await queries.choosing_steps(session):
        if step.winner in step.variants:
            continue
        if step.winner is not None:
            await queries.forget(session, step)
        if await _decide(session, step):
            decided.append(step.step_id)
    return decided


async def _decide(session: WriteSession, step: ChoosingStep) -> bool:
    asked = AutoWinner.model_validate(step.auto_winner)
    performance = await analytics.kept_performance(session, step.sequence_id)
    if performance is None:
        return False
    counts = {one.variant: (one.sent, one.replied) for one in performance.emails if one.step_id == step.step_id}
    results = [VariantResult(name, *counts.get(name, (0, 0))) for name in step.variants]
    best = winner(results, asked.min_sample, asked.certainty)
    if best is None:
        return False
    certainty = probability_best(results)[best]
    await queries.decide(session, step, best, certainty)
    log.info("step %s of tenant %s: variant chosen with certainty %.3f", step.step_id, session.tenant_id, certainty)
    return True
