"""Settles in a restored database what happened after the backup: `cadenza after-restore`, and the last step of
`cadenza restore`."""

from datetime import MAXYEAR, UTC, datetime, timedelta

from cadenza.errors import StartError
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.settings import asyncpg_url
from db.session import Database
from domain.enrollments.after_restore import Gap
from services.enrollments.after_restore import Marked, settle_gap

CLOCKS_APART = timedelta(minutes=1)
EARLIEST_YEAR = 2000


def gap_between(taken_at: datetime, stopped_at: datetime) -> Gap:
    """Checks the two times and returns the gap between them. Raises `StartError` for times that cannot be right."""
    for moment in (taken_at, stopped_at):
        # A year outside these limits is a typing error, and some time zones could not represent it.
        if not EARLIEST_YEAR <= moment.year < MAXYEAR:
            raise StartError(f"{moment.isoformat()} is not in a year in which an installation can have run")
    taken_at, stopped_at = taken_at.astimezone(UTC), stopped_at.astimezone(UTC)
    if stopped_at < taken_at:
        raise StartError(f"the installation cannot have stopped ({stopped_at}) before it was copied ({taken_at})")
    if stopped_at > datetime.now(UTC) + CLOCKS_APART:
        raise StartError(f"the installation cannot have stopped at {stopped_at}, which is in the future")
    return Gap(taken_at, stopped_at)


def moment_of(option: str, written: str) -> datetime:
    """Parses a time that a person typed. Raises `StartError` for an invalid time or one without a time zone."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise StartError(f"{option}: {written!r} is not a time with a time zone, such as 2026-11-27T14:05:00Z")
    return moment


def report(gap: Gap, marked: Marked) -> None:
    """Prints what a person should know about the gap."""
    print(f"the gap: from {gap.taken_at.isoformat()} to {gap.stopped_at.isoformat()}")
    print(
        f"{marked.alive:,} enrollments are on their way; {marked.enrollments:,} of them may have been sent "
        f"{marked.messages:,} emails in the gap, which count as unknown (docs/backup.md)"
    )


async def settle(app_url: str, gap: Gap, *, mark: bool = True) -> Marked:
    """Raises `StartError` if the database does not answer, or if its role would see other tenants' rows."""
    database = Database(asyncpg_url(app_url))
    try:
        with database_problems_in_one_line():
            await database.refuse_unsafe_role()
            return await settle_gap(database, gap, mark=mark)
    finally:
        await database.aclose()
