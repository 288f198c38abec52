"""Response shapes of the forecast of first emails."""

from uuid import UUID

from api.schemas.common import Moment, Shape


class MailboxForecastResponse(Shape):
    """`leads`: how many have not been sent their first email. `last_at`: when the last of them will be; null if that
    cannot be known (the mailbox is held). `per_day`: how many emails the mailbox sends per day; null for no limit."""

    mailbox_id: UUID
    leads: int
    per_day: int | None
    last_at: Moment | None


class ForecastResponse(Shape):
    """`first_email_by`: when every lead will have been sent its first email, by the mailboxes' present calendars; null
    if that cannot be known, or if no lead waits for a first email."""

    first_email_by: Moment | None
    mailboxes: list[MailboxForecastResponse]
