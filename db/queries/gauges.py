"""Numbers of the whole installation, which name nobody."""

from pydantic import BaseModel

from db.calls.access import InstallationGauges
from db.session import Database


class OutboxGauges(BaseModel):
    rows: int
    oldest_seconds: float


class StepGauges(BaseModel):
    """`lag_seconds`: how late the one is that has been due longest. `failing`: failed, and tried again."""

    due: int
    failing: int
    lag_seconds: float


class Gauges(BaseModel):
    """`enrollments` (by status) are those that `refresh_sequence_performance` last counted. `mailboxes` are `active`
    or `held`, and of both some are `failing`."""

    outbox: OutboxGauges
    steps: StepGauges
    slots_held: int
    mailboxes: dict[str, int]
    enrollments: dict[str, int]


async def read_gauges(database: Database) -> Gauges:
    return Gauges.model_validate(await InstallationGauges().via(database.calls))
