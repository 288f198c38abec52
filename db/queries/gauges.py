"""Figures about the whole installation. They contain no personal data."""

from pydantic import BaseModel

from db.calls.access import InstallationGauges
from db.session import Database


class OutboxGauges(BaseModel):
    rows: int
    oldest_seconds: float


class StepGauges(BaseModel):
    """`lag_seconds`: how late the step is that has been due longest. `failing`: steps that failed and will be tried
    again."""

    due: int
    failing: int
    lag_seconds: float


class Gauges(BaseModel):
    """`enrollments`, by status: as of the last run of `refresh_sequence_performance`. `mailboxes`: the numbers of
    `active`, `held` and `failing` ones. A failing mailbox is also counted as active or held."""

    outbox: OutboxGauges
    steps: StepGauges
    slots_held: int
    mailboxes: dict[str, int]
    enrollments: dict[str, int]


async def read_gauges(database: Database) -> Gauges:
    return Gauges.model_validate(await InstallationGauges().via(database.calls))
