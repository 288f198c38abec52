"""Time zones: their names, the zones that an enrollment depends on, and what their clocks show."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Zones:
    """Names of the time zones that due times of an enrollment depend on. For an empty or unknown name the sequence's
    counts. `holidays`: ISO 3166 codes of places whose holidays are not business days, in any of the zones."""

    lead: str
    sequence: str
    holidays: tuple[str, ...] = ()
    mailbox: str = ""


def known_zone(name: str) -> str:
    """The name of an IANA time zone, unchanged. Raises ValueError (`unknown_timezone`) for any other name."""
    if find_zone(name) is None:
        raise PydanticCustomError("unknown_timezone", "{name} is not an IANA time zone", {"name": repr(name)})
    return name


ZoneName = Annotated[str, AfterValidator(known_zone), Field(max_length=100)]


@lru_cache(maxsize=4096)
def find_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of this name, or None. Unknown names are cached, too, since each look-up reads the disk."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(*names: str) -> ZoneInfo:
    """The zone of the first name that is an IANA name; UTC when none is."""
    return next((zone for name in names if (zone := find_zone(name))), ZoneInfo("UTC"))


def local_text(moment: datetime | None, *zones: str) -> str:
    """A moment as text for a person: `Fri 27 Nov 2026 04:19 Europe/Berlin`; empty without a moment."""
    if moment is None:
        return ""
    zone = zone_of(*zones)
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"


def is_tellable(moment: datetime) -> bool:
    """Whether the moment exists in every zone. In the first and the last year of Python some zones cannot show it."""
    return MINYEAR < moment.year < MAXYEAR


def first_showing(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which the zone's clocks show this time of this day, or a later one.

    For a time that is shown twice (in autumn) it is the first of the two. For a time that is skipped (an hour in
    spring, a whole day in Pacific/Apia at the end of 2011) it is the moment after the gap.
    """
    wall = datetime.combine(day, clock.replace(fold=0))
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(moment, zone) == wall:
        return moment
    # In a gap, the two values of `fold` give the moments by the offset before and after. The jump lies between them.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while moment - before > timedelta.resolution:
        middle = before + (moment - before) // 2
        before, moment = (before, middle) if _shown(middle, zone) >= wall else (middle, moment)
    return moment


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of the moment in the zone: the last day that has begun there.

    That is not always the date that clocks show. When clocks are set back over midnight, they show the evening before a
    second time, but the new day has begun.
    """
    day = moment.astimezone(zone).date()
    while first_showing(day + timedelta(days=1), time(), zone) <= moment:
        day += timedelta(days=1)
    return day


def is_skipped(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone's calendar skips this day."""
    noon = datetime.combine(day, time(12))
    if _shown(noon.replace(tzinfo=zone).astimezone(UTC), zone) == noon:
        return False
    return first_showing(day, time(), zone) == first_showing(day + timedelta(days=1), time(), zone)


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
