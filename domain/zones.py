"""Names of time zones."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field


def known_zone(name: str) -> str:
    """The name of an IANA time zone as it is; raises ValueError for any other."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone") from None
    return name


ZoneName = Annotated[str, AfterValidator(known_zone), Field(max_length=100)]
