"""Public holidays of countries and their parts, by ISO 3166 code (`DE`, `US-CA`), from the `holidays` library.

A day is given by its date alone. The caller decides in which time zone.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated

import holidays
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_PATTERN = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"  # the library also takes names and ISO alpha-3 codes


def known_holidays(code: str) -> str:
    """The code, unchanged. Raises ValueError (`unknown_holidays`) when the holidays of the place are not known."""
    country, _, part = code.partition("-")
    parts = _countries().get(country)
    if parts is None or not re.fullmatch(_PATTERN, code):
        hint = "an ISO 3166 code of a country or of a part of one, such as DE or US-CA"
        raise PydanticCustomError("unknown_holidays", "{code} is not {hint}", {"code": repr(code), "hint": hint})
    if part and part not in parts:
        known = ", ".join(f"{country}-{one}" for one in parts if re.fullmatch(_PATTERN, f"{country}-{one}"))
        hint = f"known are {country} and {known}" if known else f"only {country} is known"
        raise PydanticCustomError(
            "unknown_holidays", "no holidays are known of {code}: {hint}", {"code": repr(code), "hint": hint}
        )
    return code


HolidayCode = Annotated[
    str, AfterValidator(known_holidays), Field(max_length=6, json_schema_extra={"pattern": _PATTERN})
]


def holiday_on(day: date, codes: tuple[str, ...]) -> str | None:
    """The code of the first of these places that has a holiday on the day."""
    return next((code for code in codes if day in _of_year(code, day.year)), None)


def holiday_name(day: date, code: str) -> str:
    """The holiday's name, in English where the library has a translation: `Christmas Day`."""
    return _of_year(code, day.year).get(day, "")


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries()


@lru_cache(maxsize=4096)
def _of_year(code: str, year: int) -> dict[date, str]:
    country, _, part = code.partition("-")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US"))
