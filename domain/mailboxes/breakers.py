"""Circuit breakers of a mailbox: when sending on would harm it, or the people that it writes to.

Pure: counts in, a verdict out. Whatever it is that trips, a person must look at it: nothing lets the mailbox go by
itself, since neither a wrong password nor a bad list mends with time.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Breaker(StrEnum):
    """What is written as the mailbox's `hold_reason`."""

    AUTHENTICATION = "authentication_failures"
    REFUSALS = "messages_refused"
    BOUNCES = "bounce_rate"
    COMPLAINTS = "complaint_rate"


class BreakerSettings(BaseModel):
    """Where the breakers of a tenant's mailboxes trip. `null` is a breaker that never does.

    Complaints: Google and Yahoo ask senders to stay under 0.1 % and never to reach 0.3 %
    (https://support.google.com/a/answer/81126). Bounces: senders are told to keep under 2 %, and providers begin to
    suspend accounts at 5 to 10 % (Amazon SES reviews at 5 %, https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    auth_failures: int | None = Field(default=3, ge=1, le=100)
    """So many logins in a row that its server (SMTP, or IMAP) refuses: more would lock the account."""
    refusals: int | None = Field(default=5, ge=1, le=1000)
    """So many messages in a row that its server refuses for good, for their content or its policy."""
    bounce_rate: float | None = Field(default=0.05, gt=0, le=1)
    """More than this share of the last `bounce_window` emails came back for good, of `bounce_least` at least."""
    bounce_window: int = Field(default=100, ge=10, le=10_000)
    bounce_least: int = Field(default=20, ge=1, le=10_000)
    complaint_rate: float | None = Field(default=0.003, gt=0, le=1)
    """This share of the last `complaint_window` emails was called spam, by `complaint_least` people at least."""
    complaint_window: int = Field(default=1000, ge=10, le=100_000)
    complaint_least: int = Field(default=2, ge=1, le=10_000)


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the last emails of a mailbox: how many there were, and how many of them came to that."""

    sent: int
    came_to_it: int

    @property
    def share(self) -> float:
        return self.came_to_it / self.sent if self.sent else 0.0


def too_many_in_a_row(kind: Breaker, count: int, limits: BreakerSettings) -> bool:
    """`kind` is AUTHENTICATION or REFUSALS."""
    most = limits.auth_failures if kind is Breaker.AUTHENTICATION else limits.refusals
    return most is not None and count >= most


def too_many_bounces(tally: Tally, limits: BreakerSettings) -> bool:
    rate = limits.bounce_rate
    return rate is not None and tally.sent >= limits.bounce_least and tally.share > rate


def too_many_complaints(tally: Tally, limits: BreakerSettings) -> bool:
    rate = limits.complaint_rate
    return rate is not None and tally.came_to_it >= limits.complaint_least and tally.share >= rate


_WHY: dict[str, str] = {
    Breaker.AUTHENTICATION: "its mail server does not accept its user name and password",
    Breaker.REFUSALS: "its mail server refused several messages in a row",
    Breaker.BOUNCES: "too many of its last emails came back: check where the addresses are from",
    Breaker.COMPLAINTS: "too many of its last emails were called spam",
}


def explained(hold_reason: str | None) -> str:
    """For a person: why the mailbox is held."""
    return "somebody holds it" if hold_reason is None else _WHY.get(hold_reason, hold_reason)
