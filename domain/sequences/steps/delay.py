"""`delay`: time passes."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, model_validator

from domain.sequences.business_time import BUSINESS_HOURS, add_business_days, next_business_moment, next_time_of_day
from domain.sequences.conditions import Engagement
from domain.sequences.steps.config import Decided, StepConfig, Zones
from domain.sequences.steps.outcome import CONTINUE
from domain.sequences.steps.spec import MAX_DELAY_DAYS
from domain.zones import known_zone, zone_of

LEAD_ZONE = "lead"


def _zone_or_lead(name: str) -> str:
    return name if name == LEAD_ZONE else known_zone(name)


class DelayConfig(StepConfig):
    """Waits `days`, `hours` and `minutes`, and then until the time that the other fields ask for.

    `send_time`: the next `HH:MM` on the clock. `business_days`: `days` counts Monday to Friday only, and the delay does
    not end on a weekend. `business_hours_only`: the delay ends on Monday to Friday, 9 to 17. With either, it does not
    end on a holiday that the sequence's send window names. All times are in `timezone`: `lead` (the sequence's zone
    when the lead's is not known), or an IANA name.
    """

    step_type: ClassVar[str] = "delay"

    days: int = Field(default=0, ge=0, le=MAX_DELAY_DAYS)
    hours: int = Field(default=0, ge=0, le=24 * 365)
    minutes: int = Field(default=0, ge=0, le=60 * 24 * 365)
    send_time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    business_days: bool = False
    business_hours_only: bool = False
    timezone: Annotated[str, AfterValidator(_zone_or_lead), Field(max_length=100)] = LEAD_ZONE

    @model_validator(mode="after")
    def _waits_for_something(self) -> "DelayConfig":
        if not self.duration and self.send_time is None and not self.business_hours_only:
            raise ValueError("a delay waits for at least a minute, or for a `send_time` or business hours")
        if self.send_time is not None and self.business_hours_only:
            opens, closes = BUSINESS_HOURS
            if not opens <= time.fromisoformat(self.send_time) < closes:
                raise ValueError(f"{self.send_time} lies outside business hours ({opens:%H:%M} to {closes:%H:%M})")
        return self

    @property
    def duration(self) -> timedelta:
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)

    @property
    def waits(self) -> bool:
        return bool(self.duration)  # with `send_time` alone the step may be due at once

    @property
    def reckons_in_lead_zone(self) -> bool:
        by_the_clock = self.business_days or self.business_hours_only or self.send_time is not None
        return by_the_clock and self.timezone == LEAD_ZONE

    def due_at(self, entered_at: datetime, zones: Zones) -> datetime:
        zone = zone_of("" if self.timezone == LEAD_ZONE else self.timezone, zones.lead, zones.sequence)
        if self.business_days:
            moment = add_business_days(entered_at, self.days, zone, zones.holidays)
            moment += timedelta(hours=self.hours, minutes=self.minutes)
        else:
            moment = entered_at + self.duration
        if self.send_time is not None:
            working_day = self.business_days or self.business_hours_only
            at = time.fromisoformat(self.send_time)
            moment = next_time_of_day(moment, at, zone, business_days=working_day, holidays=zones.holidays)
        elif self.business_hours_only:
            moment = next_business_moment(moment, zone, zones.holidays)
        return moment

    def decide(self, engagement: Engagement, step_ids: Mapping[str, str]) -> Decided | None:
        return Decided(CONTINUE)
