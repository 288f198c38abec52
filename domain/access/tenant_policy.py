"""How a tenant treats its leads, whichever sequences they are in."""

from pydantic import BaseModel, ConfigDict, Field

from domain.mailboxes.breakers import BreakerSettings


class TenantSettings(BaseModel):
    """Contact caps: no lead is enrolled past them. None is no cap. `breakers`: when a mailbox is held."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_live_enrollments: int | None = Field(default=None, ge=1, le=1_000)
    """In so many sequences may a lead be at a time."""
    max_emails: int | None = Field(default=None, ge=1, le=10_000)
    """A lead that was sent so many emails in the last `max_emails_days` is enrolled nowhere for now."""
    max_emails_days: int = Field(default=7, ge=1, le=365)
    breakers: BreakerSettings = BreakerSettings()


EXAMPLE_ADDRESS = "Cadenza, 1 Example Street, 10115 Berlin, Germany"
"""For trying things out: every email carries the sender's address, and a person sets the right one."""

REHEARSAL = TenantSettings(breakers=BreakerSettings(bounce_rate=0.5, refusals=50, complaint_rate=0.05))
"""Of the tenant that a home begins with: its mail is captured, no domain is burnt, and a rehearsal in which a lead of
each kind bounces is not to end at the breaker."""
