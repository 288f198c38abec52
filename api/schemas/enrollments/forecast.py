"""When leads will have been sent their first email, as an answer."""

from uuid import UUID

from api.schemas.common import Moment, Shape


class MailboxForecastResponse(Shape):
    """`leads` have yet to be sent their first email, the last of them at `last_at`: null where nobody can tell (the
    mailbox is held). `per_day`: how many emails leave it a day, null for any number."""

    mailbox_id: UUID
    leads: int
    per_day: int | None
    last_at: Moment | None


class ForecastResponse(Shape):
    """`first_email_by`: when every lead will have been sent its first email, as the mailboxes' calendars stand now;
    null where that cannot be told, or none is left to be sent."""

    first_email_by: Moment | None
    mailboxes: list[MailboxForecastResponse]
