"""Reads the rows of a lead file: which column is which field, what is cleaned, and why a row is rejected.

Pure: the cells come from `services.leads.csv_rows`, which also supplies the rules for addresses and time zones.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.errors import AddressInvalid, FieldError, Invalid

LIMITS = {"first_name": 200, "last_name": 200, "company": 255, "title": 255, "phone": 255, "timezone": 255}
MAX_EMAIL = 254
MAX_TAG, MAX_TAGS = 100, 100
MAX_CUSTOM_VALUE, MAX_CUSTOM_FIELDS, MAX_CUSTOM_KEY = 2_000, 50, 100

_SPELLINGS = {
    "email": ["email", "emailaddress", "mail", "mailaddress", "workemail", "businessemail", "primaryemail"],
    "first_name": ["firstname", "givenname", "forename"],
    "last_name": ["lastname", "surname", "familyname"],
    "full_name": ["name", "fullname", "contactname"],
    "company": ["company", "companyname", "organisation", "organization", "organisationname", "organizationname"],
    "title": ["title", "jobtitle", "position", "role"],
    "phone": ["phone", "phonenumber", "telephone", "mobile", "mobilephone", "tel"],
    "timezone": ["timezone", "tz"],
    "tags": ["tags", "tag", "labels"],
}
_BY_SPELLING = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_TAG_SEPARATOR = re.compile(r"[;,|]")
_BREAK = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A remark about a row that was accepted. Codes: `unknown_timezone`, `line_break_removed`, `extra_fields`."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ParsedLead:
    """An accepted row. `row` counts data rows from 1. `email` is in its normal form. Missing fields are empty."""

    row: int
    email: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    phone: str = ""
    timezone: str = ""
    tags: tuple[str, ...] = ()
    custom: dict[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[RowWarning, ...] = ()

    def updated_by(self, later: "ParsedLead") -> "ParsedLead":
        """Returns the lead after a later row with the same address, by the rules of the database (`upsert_leads`): an
        empty cell does not clear a field, and tags and custom fields are added to the existing ones."""
        texts = {name: getattr(later, name) or getattr(self, name) for name in LIMITS}
        tags = tuple(dict.fromkeys([*self.tags, *later.tags]))
        return replace(self, **texts, tags=tags, custom={**self.custom, **later.custom})


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was rejected. Codes: `missing_email`, `invalid_email`, `field_too_long`, `too_many_tags`,
    `broken_quotes`, `row_too_long`. `email` is as written in the file."""

    row: int
    email: str
    code: str
    detail: str


ImportRow = ParsedLead | RejectedRow


class _TooLong(Exception):
    def __init__(self, name: str, length: int, limit: int) -> None:
        super().__init__(f"`{name}` has {length} characters; at most {limit} are kept")


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows of one file. `targets` has one entry for each column: a field, `custom.<key>`, or "" to ignore it.

    `normalise_email` raises AddressInvalid. `find_zone` returns the IANA name, or None if there is no such zone.
    """

    targets: Sequence[str]
    normalise_email: Callable[[str], str]
    find_zone: Callable[[str], str | None]

    def read(self, row: int, cells: Sequence[str]) -> ImportRow:
        """Reads one data row. Missing cells at its end are empty; additional ones cause a warning."""
        given = dict(zip(self.targets, cells, strict=False))
        written = given.get("email", "").strip()[: MAX_EMAIL + 1]
        warnings: list[RowWarning] = []
        if not written:
            empty = not any(cell.strip() for cell in cells)
            return RejectedRow(row, "", "missing_email", "the row is empty" if empty else "the row has no address")
        try:
            email = self._email(written)
            values = {name: self._line(name, given.get(name, ""), warnings) for name in LIMITS}
            self._use_full_name(values, self._line("full_name", given.get("full_name", ""), warnings))
            tags = _tags(given.get("tags", ""))
            custom = _custom(given)
        except AddressInvalid as error:
            return RejectedRow(row, written, error.code, error.detail)
        except _TooLong as error:
            return RejectedRow(row, written, "field_too_long", str(error))
        if len(tags) > MAX_TAGS:
            return RejectedRow(row, written, "too_many_tags", f"{len(tags)} tags; at most {MAX_TAGS} are kept")
        values["timezone"] = self._zone(values["timezone"], warnings)
        if surplus := [cell for cell in cells[len(self.targets) :] if cell.strip()]:
            detail = f"{len(surplus)} more values than columns; they were left out"
            warnings.append(RowWarning("extra_fields", detail))
        return ParsedLead(row, email, **values, tags=tags, custom=custom, warnings=tuple(warnings))

    def _email(self, written: str) -> str:
        if len(written) > MAX_EMAIL:
            raise AddressInvalid(f"an address has at most {MAX_EMAIL} characters")
        return self.normalise_email(written)

    def _zone(self, written: str, warnings: list[RowWarning]) -> str:
        zone = self.find_zone(written) if written else ""
        if zone is None:
            detail = f"there is no time zone {written!r}; the sequence's zone is used instead"
            warnings.append(RowWarning("unknown_timezone", detail))
            return written
        return zone

    @staticmethod
    def _line(name: str, text: str, warnings: list[RowWarning]) -> str:
        line = text.strip()
        if not line.isprintable():
            # A line break in a name would end a header line, and its author could add headers of their own.
            if _BREAK.search(line):
                detail = f"line breaks or control characters in `{name}` became spaces"
                warnings.append(RowWarning("line_break_removed", detail))
            line = " ".join(_BREAK.sub(" ", line).split())
        elif "  " in line:  # the space is the only printable whitespace
            line = " ".join(line.split())
        limit = LIMITS.get(name, LIMITS["first_name"] + LIMITS["last_name"])
        if len(line) > limit:
            raise _TooLong(name, len(line), limit)
        return line

    @staticmethod
    def _use_full_name(values: dict[str, str], full_name: str) -> None:
        if full_name and not values["first_name"] and not values["last_name"]:
            values["first_name"], _, values["last_name"] = full_name.partition(" ")


def plan_columns(headers: Sequence[str], mapping: Mapping[str, str] | None = None) -> list[str]:
    """Returns the target of each column (see `RowReader.targets`). Case, blanks and punctuation of headers do not
    matter.

    `mapping` gives targets by header and has precedence. A header that it does not contain is recognised by its name,
    or becomes a custom field. Raises Invalid if no column is for `email`, if two are for one field, if the mapping
    names a column or a field that does not exist, or for more than 50 custom fields.
    """
    told = _told(headers, mapping or {})
    taken = {target for target in told.values() if target}
    targets: list[str] = []
    # A set beside the list, because a search in the list takes linear time, and the sender of a file chooses the number
    # of its columns.
    held: set[str] = set()
    for position, header in enumerate(headers):
        target = told.get(_compact(header))
        if target is None:
            target = _recognised(header, position)
            if target in taken and mapping:
                target = f"custom.{_key(header, position)}"
        if target and target in held:
            raise _refused("duplicate_column", f"two columns are for `{target}`; the second is {header!r}")
        targets.append(target)
        held.add(target)
    if "email" not in targets:
        shown = ", ".join(repr(header.strip()) for header in headers[:20])
        raise _refused("missing_column", f"no column is for `email`; the columns are {shown}")
    custom = sum(target.startswith("custom.") for target in targets)
    if custom > MAX_CUSTOM_FIELDS:
        raise _refused("too_many_columns", f"{custom} columns are no field; at most {MAX_CUSTOM_FIELDS} are kept")
    return targets


def _told(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    present = {_compact(header) for header in headers}
    told: dict[str, str] = {}
    for header, target in mapping.items():
        known = not target or target in _SPELLINGS or re.fullmatch(r"custom\.\S.*", target)
        if not known or len(target) > MAX_CUSTOM_KEY:
            raise _refused("unknown_target", f"{header!r} is mapped to {target!r}, which is no field", "mapping")
        if _compact(header) not in present:
            raise _refused("unknown_column", f"the mapping names {header!r}, which is no column", "mapping")
        told[_compact(header)] = target
    return told


def _recognised(header: str, position: int) -> str:
    return _BY_SPELLING.get(_compact(header)) or f"custom.{_key(header, position)}"


def _compact(header: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", header).casefold()))


def _key(header: str, position: int) -> str:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", header).lower().strip().removeprefix("custom."))
    return "_".join(words).strip("_")[:MAX_CUSTOM_KEY] or f"column_{position + 1}"


def _tags(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    tags = tuple(dict.fromkeys(tag for part in _TAG_SEPARATOR.split(text) if (tag := " ".join(part.split()))))
    for tag in tags:
        if len(tag) > MAX_TAG:
            raise _TooLong("tags", len(tag), MAX_TAG)
    return tags


def _custom(given: Mapping[str, str]) -> dict[str, str]:
    custom: dict[str, str] = {}
    for target, text in given.items():
        if not text or not target.startswith("custom."):
            continue
        value = text if text.isprintable() else _CONTROL.sub("", text.replace("\r\n", "\n"))
        if value := value.strip():
            if len(value) > MAX_CUSTOM_VALUE:
                raise _TooLong(target, len(value), MAX_CUSTOM_VALUE)
            custom[target.removeprefix("custom.")] = value
    return custom


def _refused(code: str, detail: str, name: str = "file") -> Invalid:
    return Invalid(detail, errors=[FieldError(name, code, detail)])
