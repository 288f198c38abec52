"""Request and response shapes of mailboxes. Passwords are accepted and never returned."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.common import Body, Moment, Shape
from api.schemas.fields import EmailAddress, Line, TimeZone
from api.schemas.mailboxes.inboxes import InboxShown
from db.models import Mailbox
from domain.mailboxes.servers import InboxServer, InboxServerGiven, MailSecurity, MailServerGiven, Ramp
from domain.mailboxes.windows import WorkingHours
from services.inbound.inboxes.status import InboxLook
from services.mailboxes.mailboxes import MailboxStatus

Weight = Annotated[int, Field(ge=0, le=1000, description="Its share of new leads; 0 for none.")]
Cap = Annotated[int, Field(ge=1, le=1_000_000)]
GapSeconds = Annotated[int, Field(ge=0, le=86_400)]
_EMPTIED = frozenset({"daily_cap", "hourly_cap", "ramp", "working_hours", "smtp", "imap"})
"""Fields that `null` clears."""


class MailboxCreate(Body):
    """A `held` mailbox sends nothing. Without `smtp`, the installation's mail server sends. Without `imap`, the inbox
    is not watched. A missing cap means no limit. Without `working_hours` (in the mailbox's `timezone`) it sends at any
    hour."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "email": "sam@cadenza.example",
                    "name": "Sam from Cadenza",
                    "timezone": "Europe/Berlin",
                    "daily_cap": 50,
                    "working_hours": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"},
                    "min_gap_seconds": 90,
                    "gap_jitter_seconds": 60,
                    "smtp": {
                        "host": "smtp.cadenza.example",
                        "port": 587,
                        "security": "starttls",
                        "username": "sam@cadenza.example",
                        "password": "...",
                    },
                }
            ]
        },
    )

    email: EmailAddress
    name: Line = ""
    status: MailboxStatus = "active"
    timezone: TimeZone = ""
    weight: Weight = 1
    daily_cap: Cap | None = None
    hourly_cap: Cap | None = None
    min_gap_seconds: GapSeconds = 0
    gap_jitter_seconds: GapSeconds = 0
    ramp: Ramp | None = None
    working_hours: WorkingHours | None = None
    smtp: MailServerGiven | None = None
    imap: InboxServerGiven | None = None

    def values(self) -> dict[str, Any]:
        return dict(self)


class MailboxUpdate(Body):
    """Only the given fields change; `null` clears caps, `ramp`, `working_hours` and servers. A server is replaced as a
    whole, except for its password: if none is given, the old one stays. For another server it must be given again."""

    email: EmailAddress | None = None
    name: Line | None = None
    status: MailboxStatus | None = None
    timezone: TimeZone | None = None
    weight: Weight | None = None
    daily_cap: Cap | None = None
    hourly_cap: Cap | None = None
    min_gap_seconds: GapSeconds | None = None
    gap_jitter_seconds: GapSeconds | None = None
    ramp: Ramp | None = None
    working_hours: WorkingHours | None = None
    smtp: MailServerGiven | None = None
    imap: InboxServerGiven | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_fields_set
        return {name: value for name, value in self if name in given and (value is not None or name in _EMPTIED)}


class MailServerShown(Shape):
    host: str
    port: int
    security: MailSecurity
    username: str
    has_password: bool

    @classmethod
    def of(cls, server: dict[str, Any] | None, sealed: str | None) -> "MailServerShown | None":
        return None if server is None else cls(**server, has_password=sealed is not None)


class InboxServerShown(MailServerShown):
    folders: tuple[str, ...]

    @classmethod
    def of(cls, server: dict[str, Any] | None, sealed: str | None) -> "InboxServerShown | None":
        if server is None:
            return None
        return cls(**InboxServer.model_validate(server).model_dump(), has_password=sealed is not None)


class RampShown(Shape):
    start: int
    increase: int
    started_on: date


class MailboxResponse(Shape):
    """`hold_reason` is the code of the circuit breaker that held the mailbox; null if a person did."""

    id: UUID
    email: str
    name: str
    status: MailboxStatus
    hold_reason: str | None
    held_at: Moment | None
    timezone: str
    weight: int
    daily_cap: int | None
    hourly_cap: int | None
    min_gap_seconds: int
    gap_jitter_seconds: int
    ramp: RampShown | None
    working_hours: WorkingHours | None
    smtp: MailServerShown | None
    imap: InboxServerShown | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: Mailbox) -> "MailboxResponse":
        shown = {name: getattr(row, name) for name in cls.model_fields if name not in ("ramp", "smtp", "imap")}
        return cls(
            **shown,
            ramp=_ramp(row),
            smtp=MailServerShown.of(row.smtp, row.smtp_password),
            imap=InboxServerShown.of(row.imap, row.imap_password),
        )


class MailboxDetail(MailboxResponse):
    """`sent_today`: emails sent on the mailbox's present day, as its daily cap counts days. `inbox`: the state of the
    inbox watcher; null if the inbox is not watched."""

    sent_today: int
    inbox: InboxShown | None

    @classmethod
    def looked_at(cls, row: Mailbox, sent_today: int, inbox: InboxLook | None) -> "MailboxDetail":
        shown = MailboxResponse.of(row).model_dump()
        return cls(**shown, sent_today=sent_today, inbox=InboxShown.model_validate(inbox) if inbox else None)


def _ramp(row: Mailbox) -> RampShown | None:
    if row.ramp_start is None or row.ramp_increase is None or row.ramp_started_on is None:
        return None
    return RampShown(start=row.ramp_start, increase=row.ramp_increase, started_on=row.ramp_started_on)


class ServerCheckResponse(Shape):
    """`code` and `detail` say what failed."""

    ok: bool
    code: str | None
    detail: str | None
    duration_ms: int


class MailboxCheckResponse(Shape):
    """`smtp` is null for a mailbox that uses the installation's server, `imap` for one whose inbox is not watched."""

    ok: bool
    smtp: ServerCheckResponse | None
    imap: ServerCheckResponse | None
