"""Field types that several requests share. Each refuses values that later code could not use."""

import json
import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

from domain.errors import AddressInvalid
from domain.leads.importing import LIMITS, MAX_EMAIL
from domain.leads.lead import Tag
from domain.zones import is_tellable, known_zone
from mail.addresses import normalise_address

MAX_CUSTOM_BYTES = 32 * 1024
MAX_CUSTOM_FIELDS = 100


def _normalised(text: str) -> str:
    try:
        return normalise_address(text)
    except AddressInvalid as error:
        raise PydanticCustomError("invalid_email", "{why}", {"why": error.detail}) from None


def _one_line(text: str) -> str:
    # Control characters, and Unicode's line and paragraph separators.
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise PydanticCustomError("invalid_text", "one line without control characters")
    return text


def _small(custom: dict[str, Any]) -> dict[str, Any]:
    if len(custom) > MAX_CUSTOM_FIELDS:
        raise PydanticCustomError("too_many_fields", "at most {most} custom fields", {"most": MAX_CUSTOM_FIELDS})
    if len(json.dumps(custom, ensure_ascii=False).encode()) > MAX_CUSTOM_BYTES:
        raise PydanticCustomError("too_long", "at most {most} bytes of JSON", {"most": MAX_CUSTOM_BYTES})
    return custom


def _zone_or_unknown(name: str) -> str:
    # A lead without a time zone is answered with an empty one. Clients may send that back.
    return known_zone(name) if name else name


def _distinct(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _tellable(moment: datetime) -> datetime:
    if not is_tellable(moment):
        raise PydanticCustomError("time_out_of_range", "a time that every zone can tell")
    return moment


Instant = Annotated[AwareDatetime, AfterValidator(_tellable)]
EmailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MAX_EMAIL),
    AfterValidator(_normalised),
    Field(description="Stored in lower case.", json_schema_extra={"format": "email"}),
]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), AfterValidator(_one_line)]
PersonName = Annotated[Line, Field(max_length=LIMITS["first_name"])]
FilledLine = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(_one_line)
]
TimeZone = Annotated[
    str,
    AfterValidator(_zone_or_unknown),
    Field(max_length=100, description="An IANA name, such as `Europe/Berlin`; empty if unknown."),
]
Tags = Annotated[list[Tag], Field(max_length=100), AfterValidator(_distinct)]
CustomFields = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=100)], Any], AfterValidator(_small)
]
