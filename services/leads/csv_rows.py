"""Lead files as people send them: any common delimiter and encoding, read row by row in constant memory."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from zoneinfo import available_timezones

from charset_normalizer import from_bytes

from domain.errors import FieldError, Invalid
from domain.leads.importing import ImportRow, RejectedRow, RowReader, plan_columns
from mail.addresses import normalise_address

DELIMITERS = ",;\t|"
MAX_LINE = 128 * 1024
MAX_RECORD_LINES = 200
"""A row with more lines than this has a quote that was never closed."""

_BROKEN_QUOTES = ("broken_quotes", "a quotation mark opens a value and none closes it in this row")
_CHUNK = 64 * 1024
_SPOOLED_IN_MEMORY = 1024 * 1024
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's mark, which is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Detection among all encodings fails on short files. These are the ones that spreadsheets write.
_SPREADSHEET_ENCODINGS = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("shift_jis", "gb18030", "big5", "euc_kr"),
]
_LATIN = frozenset(["cp1250", "cp1252", "cp1254", "cp1257"])
_PUNCTUATION = frozenset("–—‘’“”„…•€®™©°§´·«»¡¿\xa0")
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")


def read_leads(upload: BinaryIO | Iterable[bytes], mapping: Mapping[str, str] | None = None) -> Iterator[ImportRow]:
    """The rows of a lead file, in order; each is a `ParsedLead`, or a `RejectedRow` with its reason.

    `upload` is a seekable binary file, read from its beginning, or chunks of bytes. `mapping` goes from column
    headers to fields (`domain.leads.importing.plan_columns`). The header is read at once, the rows as they are asked
    for.

    Raises Invalid for a file that cannot hold leads: empty, not text, no header, or no column for addresses.
    """
    lines = _Lines(text_of(_seekable(upload)))
    headers, delimiter = _header(lines)
    reader = RowReader(plan_columns(headers, mapping), normalise_address, _find_zone)
    return _rows(lines, delimiter, reader)


def text_of(file: BinaryIO) -> io.TextIOWrapper:
    """The text of a seekable file in any encoding. Detach the reader afterwards: the caller closes the file.

    Raises Invalid when the file is not text.
    """
    file.seek(0)
    return io.TextIOWrapper(file, encoding=_encoding(file), errors="replace", newline="")


def _rows(lines: "_Lines", delimiter: str, reader: RowReader) -> Iterator[ImportRow]:
    for row, (cells, broken) in enumerate(_records(lines, delimiter, len(reader.targets)), 1):
        yield RejectedRow(row, "", *broken) if broken else reader.read(row, cells)
    lines.leave_open()


def _records(lines: "_Lines", delimiter: str, width: int) -> Iterator[tuple[list[str], tuple[str, str] | None]]:
    """The cells of each record, or the code and the reason why it cannot be read."""
    records = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_record()
        cells, broken = cast("list[str]", []), None
        try:
            cells = next(records)
        except StopIteration:
            return
        except _LineTooLong:
            broken = ("row_too_long", f"a line has at most {MAX_LINE} characters")
        except (csv.Error, _NeverClosed):
            broken = _BROKEN_QUOTES
        # A quote that a later row's quote closes by chance swallows the rows between. Their cells then do not fit the
        # columns.
        if len(lines.record) > 1 and cells and len(cells) != width:
            broken = _BROKEN_QUOTES
        if broken is _BROKEN_QUOTES and len(lines.record) == 1:
            # `"Say "Hi" Ltd"`: wrongly quoted, but the number of cells is right.
            cells = _cells(lines.record[0], delimiter)
            broken = None if len(cells) == width else broken
        if broken:
            # Only the first line is lost. The lines after it are read as records of their own.
            lines.read_again(lines.record[1:])
            records = csv.reader(lines, delimiter=delimiter, strict=True)
        if broken or cells:
            yield cells, broken


class _NeverClosed(Exception):
    """One record has too many lines."""


class _LineTooLong(Exception):
    """A line is longer than the limit."""


class _Lines:
    """The lines of a text, with a limit on their length. It remembers the lines of the present record, so that they can
    be read again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.record: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self.record.append(line)
        if len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
            while (rest := self._text.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            raise _LineTooLong
        if len(self.record) > MAX_RECORD_LINES:
            raise _NeverClosed
        # Postgres cannot store NUL, and no text contains it.
        return line.replace("\x00", "")

    def begin_record(self) -> None:
        self.record = []

    def leave_open(self) -> None:
        """Does nothing: the caller closes the file."""
        self._text.detach()

    def read_again(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))


def _header(lines: _Lines) -> tuple[list[str], str]:
    delimiter = ""
    for line in _bounded(lines):
        text = line.strip("\r\n")
        if not text.strip():
            continue
        # Excel can name the delimiter in a line before the header: `sep=;`.
        if text.lower().startswith("sep=") and text[4:] in (*DELIMITERS,) and not delimiter:
            delimiter = text[4]
            continue
        headers = max((_cells(line, one) for one in delimiter or DELIMITERS), key=len)
        delimiter = next(one for one in delimiter or DELIMITERS if _cells(line, one) == headers)
        if any(_is_address(header) for header in headers):
            raise _refused("missing_header", "the first line must name the columns; it has an address in it")
        return headers, delimiter
    raise _refused("empty_file", "the file is empty")


def _bounded(lines: _Lines) -> Iterator[str]:
    try:
        while (line := next(lines, None)) is not None:
            lines.begin_record()
            yield line
    except (_LineTooLong, csv.Error):
        raise _refused("not_csv", "the first line is too long to be a header") from None


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), cast("list[str]", []))


def _is_address(text: str) -> bool:
    return "@" in text.strip()[1:-1]


def _encoding(file: BinaryIO) -> str:
    """The encoding by the byte order mark; else UTF-8 if the whole file decodes; else the likeliest code page."""
    start = file.read(_CHUNK)
    file.seek(0)
    if start.startswith(_NOT_TEXT):
        raise _refused("not_csv", "this is not a text file: save the sheet as CSV, then upload that")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    # UTF-16 without a mark: in mostly Latin text every second byte is zero.
    if len(start) > 8 and start[1::2].count(0) > 0.4 * len(start[1::2]):
        return "utf-16-le"
    if len(start) > 8 and start[0::2].count(0) > 0.4 * len(start[0::2]):
        return "utf-16-be"
    unreadable = _not_utf8(file)
    file.seek(0)
    if unreadable is None:
        return "utf-8"
    return _legacy_encoding(unreadable)


def _legacy_encoding(sample: bytes) -> str:
    """The likeliest code page. Among equally good ones, western European wins if its text has words."""
    matches = from_bytes(sample, cp_isolation=_SPREADSHEET_ENCODINGS)
    best = matches.best()
    if best is None:
        return "cp1252"
    equals = [match for match in matches if match.chaos <= best.chaos]
    others = [match.encoding for match in equals if "cp1252" not in match.could_be_from_charset]
    if best.encoding not in _LATIN or len(others) == len(equals):
        return best.encoding
    western = sample.decode("cp1252", "replace")
    makes_words = all(char.isascii() or char.isalpha() or char in _PUNCTUATION for char in western)
    return "cp1252" if makes_words or not others else others[0]


def _not_utf8(file: BinaryIO) -> bytes | None:
    """The first part of the file that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while chunk := file.read(_CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return chunk
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return error.object
    return None


def _seekable(upload: BinaryIO | Iterable[bytes]) -> BinaryIO:
    seekable = getattr(upload, "seekable", None)
    if seekable is not None and seekable():
        file = cast(BinaryIO, upload)
    else:
        # Removed when its last reader closes it.
        file = cast(BinaryIO, SpooledTemporaryFile(max_size=_SPOOLED_IN_MEMORY))  # noqa: SIM115
        for chunk in cast("Iterable[bytes]", upload):
            file.write(chunk)
    file.seek(0)
    return file


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _find_zone(written: str) -> str | None:
    return _zones().get(written.lower().replace(" ", "_"))


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("file", code, detail)])
