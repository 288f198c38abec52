"""A tenant's settings for its leads, which apply to all sequences."""

from pydantic import BaseModel, ConfigDict, Field

from domain.mailboxes.breakers import BreakerSettings


class TenantSettings(BaseModel):
    """Contact caps: a lead that has reached one is not enrolled. None: no cap. `breakers`: when to hold a mailbox."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_live_enrollments: int | None = Field(default=None, ge=1, le=1_000)
    """The number of sequences in which a lead may be at the same time."""
    max_emails: int | None = Field(default=None, ge=1, le=10_000)
    """A lead that was sent this many emails in the last `max_emails_days` days is not enrolled at present."""
    max_emails_days: int = Field(default=7, ge=1, le=365)
    breakers: BreakerSettings = BreakerSettings()


EXAMPLE_ADDRESS = "Cadenza, 1 Example Street, 10115 Berlin, Germany"
"""For trials only. Every email contains the tenant's postal address, so a person must set the real one."""

REHEARSAL = TenantSettings(breakers=BreakerSettings(bounce_rate=0.5, refusals=50, complaint_rate=0.05))
"""Settings of the first tenant of an embedded installation. Its mail is captured, so it cannot harm a domain. The
breakers are wide, so that a few bounces in a trial with few leads do not trip them."""
