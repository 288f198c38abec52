"""Importing leads from a file: a thousand at a time, each row taken or refused with its reason.

The whole file is one transaction; importing it again creates nothing and changes nothing.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from db.queries.leads import Upserted, take_import_turn, upsert_leads
from db.session import WriteSession
from domain.lead_import import ImportRow, ParsedLead, RejectedRow
from services.lead_csv import read_leads

BATCH = 1_000
MAX_LISTED = 10_000
"""So many refusals and warnings are told one by one; the counts hold them all."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about a row that was taken."""

    row: int
    code: str
    detail: str


@dataclass(slots=True)
class ImportResult:
    """`updated` holds rows whose address was there already, in the database or further up in the file."""

    created: int = 0
    updated: int = 0
    rejected_count: int = 0
    warnings_count: int = 0
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])
    warnings: list[Warned] = field(default_factory=list[Warned])

    def tell(self, rows: Sequence[ImportRow]) -> None:
        """Counts and lists what is to be said about the rows."""
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


async def import_leads(session: WriteSession, file: BinaryIO, mapping: Mapping[str, str] | None) -> ImportResult:
    """Creates the leads of the file, and updates those that are there by what it has for them.

    An empty cell wipes nothing; tags and custom fields are added to those there are. Raises Invalid for a file
    that holds no leads to speak of (services/lead_csv.py).
    """
    rows = await asyncio.to_thread(read_leads, file, mapping)
    await take_import_turn(session)
    result = ImportResult()
    # Parsing is work for the processor: in a thread, it does not keep other requests waiting.
    while batch := await asyncio.to_thread(_next_batch, rows):
        result.tell(batch)
        leads = [row for row in batch if isinstance(row, ParsedLead)]
        by_address = _merged(leads)
        if by_address:
            result.count(await upsert_leads(session, by_address), len(leads) - len(by_address))
    return result


def _next_batch(rows: Iterator[ImportRow]) -> list[ImportRow]:
    return list(islice(rows, BATCH))


def _merged(leads: Sequence[ParsedLead]) -> list[dict[str, Any]]:
    """One row for each address: what comes later in the file adds to what came before, as in the database."""
    merged: dict[str, dict[str, Any]] = {}
    for lead in leads:
        given = lead.given()
        known = merged.setdefault(lead.email, {})
        tags = dict.fromkeys([*known.get("tags", []), *given.get("tags", [])])
        custom = {**known.get("custom", {}), **given.get("custom", {})}
        known.update(given, tags=list(tags), custom=custom)
    return list(merged.values())
