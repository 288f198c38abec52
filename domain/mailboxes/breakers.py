"""Circuit breakers of a mailbox: they put it on hold when further email would harm it or its recipients. Pure.

Only a person releases the mailbox. A wrong password or a bad list of addresses does not get better with time.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Breaker(StrEnum):
    """Stored as the mailbox's `hold_reason`."""

    AUTHENTICATION = "authentication_failures"
    REFUSALS = "messages_refused"
    BOUNCES = "bounce_rate"
    COMPLAINTS = "complaint_rate"


class BreakerSettings(BaseModel):
    """When the breakers of a tenant's mailboxes trip. With `null` a breaker never does.

    Complaints: Google and Yahoo ask senders to stay under 0.1 % and never to reach 0.3 %
    (https://support.google.com/a/answer/81126). Bounces: senders are told to keep under 2 %, and providers begin to
    suspend accounts at 5 to 10 % (Amazon SES reviews at 5 %, https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    auth_failures: int | None = Field(default=3, ge=1, le=100)
    """How many logins in a row the server (SMTP or IMAP) refuses. More could lock the account."""
    refusals: int | None = Field(default=5, ge=1, le=1000)
    """How many messages in a row the server refuses permanently, for their content or its policy."""
    bounce_rate: float | None = Field(default=0.05, gt=0, le=1)
    """More than this share of the last `bounce_window` emails bounced hard, out of at least `bounce_least`."""
    bounce_window: int = Field(default=100, ge=10, le=10_000)
    bounce_least: int = Field(default=20, ge=1, le=10_000)
    complaint_rate: float | None = Field(default=0.003, gt=0, le=1)
    """At least this share of the last `complaint_window` emails was reported as spam, by at least `complaint_least`
    people."""
    complaint_window: int = Field(default=1000, ge=10, le=100_000)
    complaint_least: int = Field(default=2, ge=1, le=10_000)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many emails a mailbox has sent last, and how many of them bounced (or were reported as spam)."""

    sent: int
    affected: int

    @property
    def share(self) -> float:
        return self.affected / self.sent if self.sent else 0.0


def too_many_in_a_row(kind: Breaker, count: int, limits: BreakerSettings) -> bool:
    """`kind` is AUTHENTICATION or REFUSALS."""
    most = limits.auth_failures if kind is Breaker.AUTHENTICATION else limits.refusals
    return most is not None and count >= most


def too_many_bounces(tally: Tally, limits: BreakerSettings) -> bool:
    rate = limits.bounce_rate
    return rate is not None and tally.sent >= limits.bounce_least and tally.share > rate


def too_many_complaints(tally: Tally, limits: BreakerSettings) -> bool:
    rate = limits.complaint_rate
    return rate is not None and tally.affected >= limits.complaint_least and tally.share >= rate


_WHY: dict[str, str] = {
    Breaker.AUTHENTICATION: "its mail server does not accept its user name and password",
    Breaker.REFUSALS: "its mail server refused several messages in a row",
    Breaker.BOUNCES: "too many of its last emails came back: check where the addresses are from",
    Breaker.COMPLAINTS: "too many of its last emails were called spam",
}


def explained(hold_reason: str | None) -> str:
    """Why the mailbox is on hold, as text for a person."""
    return "somebody holds it" if hold_reason is None else _WHY.get(hold_reason, hold_reason)
