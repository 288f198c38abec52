"""Time zones: their names, the ones that an enrollment may be reckoned in, and what their clocks show."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Zones:
    """Names of the time zones that an enrollment may be reckoned in: an empty or unknown one falls back to the
    sequence's. `holidays` (ISO 3166) are no business days in any of them."""

    lead: str
    sequence: str
    holidays: tuple[str, ...] = ()
    mailbox: str = ""


def known_zone(name: str) -> str:
    """The name of an IANA time zone as it is; raises ValueError (`unknown_timezone`) for any other."""
    if find_zone(name) is None:
        raise PydanticCustomError("unknown_timezone", "{name} is not an IANA time zone", {"name": repr(name)})
    return name


ZoneName = Annotated[str, AfterValidator(known_zone), Field(max_length=100)]


@lru_cache(maxsize=4096)
def find_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of this name, if there is one. What is none is remembered too: it is looked for on disk."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(*names: str) -> ZoneInfo:
    """The first of the names that is an IANA zone; UTC when none is."""
    return next((zone for name in names if (zone := find_zone(name))), ZoneInfo("UTC"))


def local_text(moment: datetime | None, *zones: str) -> str:
    """For a person: `Fri 27 Nov 2026 04:19 Europe/Berlin`; empty without a moment."""
    if moment is None:
        return ""
    zone = zone_of(*zones)
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"


def is_tellable(moment: datetime) -> bool:
    """Whether every zone can tell it: the first and the last year that Python knows have moments that some cannot."""
    return MINYEAR < moment.year < MAXYEAR


def first_showing(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which the zone's clocks show this time of this day, or a later one.

    So a time that is shown twice (autumn) is its first showing; of what is skipped (an hour in spring, a whole day in
    Pacific/Apia at the end of 2011) the moment after.
    """
    wall = datetime.combine(day, clock.replace(fold=0))
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(moment, zone) == wall:
        return moment
    # In a gap, `fold` gives the moments that both offsets would make of it: the clocks jump between the two.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while moment - before > timedelta.resolution:
        middle = before + (moment - before) // 2
        before, moment = (before, middle) if _shown(middle, zone) >= wall else (middle, moment)
    return moment


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day that it belongs to in the zone: the last one that has begun there.

    Not always what a calendar on the wall shows: where clocks are set back over midnight, the evening that is shown a
    second time is part of the day that had begun.
    """
    day = moment.astimezone(zone).date()
    while first_showing(day + timedelta(days=1), time(), zone) <= moment:
        day += timedelta(days=1)
    return day


def is_skipped(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone never had this day."""
    noon = datetime.combine(day, time(12))
    if _shown(noon.replace(tzinfo=zone).astimezone(UTC), zone) == noon:
        return False
    return first_showing(day, time(), zone) == first_showing(day + timedelta(days=1), time(), zone)


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
