"""Reads and writes suppression lists: one address or domain on each line, or a CSV with a column for it."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

from domain.errors import AddressInvalid
from mail.addresses import normalise_address
from services.leads.csv_rows import MAX_LINE, text_of

SuppressionKind = Literal["address", "domain"]

VALUE_COLUMNS = ("value", "email", "e-mail", "email address", "address", "domain", "website", "suppression")
REASON_COLUMNS = ("reason", "note", "notes", "comment")
MAX_REASON = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Characters with which a spreadsheet formula begins, some also in full width
(https://owasp.org/www-community/attacks/CSV_Injection)."""


@dataclass(frozen=True, slots=True)
class ListedSuppression:
    kind: SuppressionKind
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class RejectedEntry:
    """A rejected row. Codes: `missing_value`, `invalid_email`, `invalid_domain`, `row_too_long`. `value` is
    the text of the row."""

    row: int
    value: str
    code: str
    detail: str


Entry = ListedSuppression | RejectedEntry


def read_suppressions(file: BinaryIO, default_reason: str) -> Iterator[Entry]:
    """The entries of a list in order, read line by line. A line with an `@` after its first character is an address,
    any other a domain. Empty lines and a header are skipped.

    Raises Invalid when the file is not text.
    """
    text = text_of(file)
    columns: Mapping[str, int] | None = None
    row = 0
    while line := text.readline(MAX_LINE):
        if len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
            while (rest := text.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            row += 1
            yield RejectedEntry(row, "", "row_too_long", f"a line has at most {MAX_LINE} characters")
            continue
        cells = _cells(line)
        if not any(cells):
            continue
        if columns is None:
            columns = _header(cells)
            if columns is not None:
                continue
            columns = {"value": 0, "reason": 1}
        row += 1
        yield _entry(row, cells, columns, default_reason)
    text.detach()


def defused(cell: str) -> str:
    """The cell, escaped so that no spreadsheet reads it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def normalised(kind: SuppressionKind, value: str) -> str:
    """Raises AddressInvalid."""
    if kind == "address":
        return normalise_address(value)
    return normalise_address("postmaster@" + value.strip().removeprefix("@")).partition("@")[2]


def _cells(line: str) -> list[str]:
    line = line.replace("\x00", "").strip("\r\n")
    delimiter = next((one for one in (";", "\t", ",", "|") if one in line), ",")
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [""])
    except csv.Error:
        cells = line.split(delimiter)
    return [cell.strip().removeprefix("'") if cell.strip()[1:].startswith(FORMULA) else cell.strip() for cell in cells]


def _header(cells: list[str]) -> Mapping[str, int] | None:
    """The columns, if the first line is a header."""
    names = [cell.lower() for cell in cells]
    value = next((names.index(name) for name in VALUE_COLUMNS if name in names), None)
    if value is None:
        return None
    reason = next((names.index(name) for name in REASON_COLUMNS if name in names), len(names))
    return {"value": value, "reason": reason}


def _entry(row: int, cells: list[str], columns: Mapping[str, int], default_reason: str) -> Entry:
    written = cells[columns["value"]] if columns["value"] < len(cells) else ""
    if not written:
        return RejectedEntry(row, "", "missing_value", "the row has neither an address nor a domain")
    reason = cells[columns["reason"]] if columns["reason"] < len(cells) else ""
    kind: SuppressionKind = "address" if "@" in written[1:] else "domain"
    try:
        value = normalised(kind, written)
    except AddressInvalid as error:
        return RejectedEntry(
            row, written[:320], "invalid_email" if kind == "address" else "invalid_domain", error.detail
        )
    if kind == "domain" and "." not in value:
        return RejectedEntry(row, written[:320], "invalid_domain", "a domain has a dot in it")
    return ListedSuppression(kind, value, _printable(reason)[:MAX_REASON] or default_reason)


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()
