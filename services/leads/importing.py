"""Imports leads from a file, a thousand rows at a time. Each row is taken, or rejected with a reason.

The whole file is one transaction. Importing it again changes nothing.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from db.queries.leads.leads import Upserted, take_import_turn, upsert_leads
from db.session import WriteSession
from domain.leads.importing import ImportRow, ParsedLead, RejectedRow
from services.leads.campaigns import get_campaign
from services.leads.csv_rows import read_leads

BATCH = 1_000
MAX_LISTED = 10_000
"""At most this many rejected rows and warnings are listed. The counts cover all."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning about a row that was taken."""

    row: int
    code: str
    detail: str


@dataclass(slots=True)
class ImportResult:
    """`updated` counts rows whose address existed already, in the database or earlier in the file."""

    created: int = 0
    updated: int = 0
    rejected_count: int = 0
    warnings_count: int = 0
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])
    warnings: list[Warned] = field(default_factory=list[Warned])

    def tell(self, rows: Sequence[ImportRow]) -> None:
        """Counts the rows and collects their warnings and reasons."""
        rejected = [row for row in rows if isinstance(row, RejectedRow)]
        warned = [
            Warned(lead.row, warning.code, warning.detail)
            for lead in rows
            if isinstance(lead, ParsedLead)
            for warning in lead.warnings
        ]
        self.rejected_count += len(rejected)
        self.warnings_count += len(warned)
        self.rejected += rejected[: MAX_LISTED - len(self.rejected)]
        self.warnings += warned[: MAX_LISTED - len(self.warnings)]

    def count(self, upserted: Upserted, repeated: int) -> None:
        self.created += upserted.created
        self.updated += upserted.updated + repeated


async def import_leads(
    session: WriteSession, file: BinaryIO, mapping: Mapping[str, str] | None, campaign_id: UUID | None = None
) -> ImportResult:
    """Creates the leads of the file, and updates those that exist.

    An empty cell overwrites nothing. Tags and custom fields are added to the existing ones. All leads join the
    campaign, if one is given. Raises Invalid for a file that cannot hold leads (services/leads/csv_rows.py), and
    NotFound for the campaign.
    """
    if campaign_id is not None:
        await get_campaign(session, campaign_id)
    rows = await asyncio.to_thread(read_leads, file, mapping)
    await take_import_turn(session)
    result = ImportResult()
    # Parsing uses the CPU. In a thread it does not block other requests, and while Postgres
    # takes one batch, the next one is read.
    batch = await asyncio.to_thread(_next_batch, rows)
    while batch.rows:
        upserted, following = await asyncio.gather(
            _upserted(session, batch, campaign_id), asyncio.to_thread(_next_batch, rows)
        )
        result.tell(batch.rows)
        result.count(upserted, batch.repeated)
        batch = following
    return result


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows in order, with one lead for each address."""

    rows: Sequence[ImportRow]
    leads: Sequence[ParsedLead]
    repeated: int


def _next_batch(rows: Iterator[ImportRow]) -> _Batch:
    taken = list(islice(rows, BATCH))
    merged: dict[str, ParsedLead] = {}
    read = 0
    for row in taken:
        if isinstance(row, ParsedLead):
            known = merged.get(row.email)
            # A later row adds to an earlier one, as it does to a lead in the database.
            merged[row.email] = row if known is None else known.updated_by(row)
            read += 1
    return _Batch(taken, list(merged.values()), read - len(merged))


async def _upserted(session: WriteSession, batch: _Batch, campaign_id: UUID | None) -> Upserted:
    return await upsert_leads(session, batch.leads, campaign_id) if batch.leads else Upserted(0, 0)
