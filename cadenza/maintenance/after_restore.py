"""Telling a restored database what it cannot know: `cadenza after-restore`, and the end of `cadenza restore`."""

from datetime import MAXYEAR, UTC, datetime, timedelta

from cadenza.errors import StartError
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.settings import asyncpg_url
from db.session import Database
from domain.enrollments.after_restore import Gap
from services.engine.plans import steps
from services.enrollments.after_restore import Marked, settle_gap

CLOCKS_APART = timedelta(minutes=1)
EARLIEST_YEAR = 2000
STEP_TYPES = steps
"""Loaded here: plans hold steps of every type."""


def gap_between(taken_at: datetime, stopped_at: datetime) -> Gap:
    """Raises `StartError` for two moments that no gap lies between."""
    for moment in (taken_at, stopped_at):
        # Beyond these a date is a slip, and one that not every zone can tell.
        if not EARLIEST_YEAR <= moment.year < MAXYEAR:
            raise StartError(f"{moment.isoformat()} is of no year in which an installation ran")
    taken_at, stopped_at = taken_at.astimezone(UTC), stopped_at.astimezone(UTC)
    if stopped_at < taken_at:
        raise StartError(f"the installation cannot have stopped ({stopped_at}) before it was copied ({taken_at})")
    if stopped_at > datetime.now(UTC) + CLOCKS_APART:
        raise StartError(f"the installation cannot have stopped at {stopped_at}, which is yet to come")
    return Gap(taken_at, stopped_at)


def moment_of(option: str, written: str) -> datetime:
    """A time as a person gives it. Raises `StartError` for one that is none, or that does not say of which zone."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise StartError(f"{option}: {written!r} is no time with its zone, such as 2026-11-27T14:05:00Z")
    return moment


def report(gap: Gap, marked: Marked) -> None:
    """What a person should know of it."""
    print(f"the gap: from {gap.taken_at.isoformat()} to {gap.stopped_at.isoformat()}")
    print(
        f"{marked.alive:,} enrollments are on their way; {marked.enrollments:,} of them may have been sent "
        f"{marked.messages:,} emails in the gap, which count as unknown (docs/backup.md)"
    )


async def settle(app_url: str, gap: Gap, *, mark: bool = True) -> Marked:
    """Raises `StartError` when the database does not answer, or lets nobody be kept apart."""
    database = Database(asyncpg_url(app_url))
    try:
        with database_problems_in_one_line():
            await database.refuse_unsafe_role()
            return await settle_gap(database, gap, mark=mark)
    finally:
        await database.aclose()
