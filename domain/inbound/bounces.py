"""When repeated soft bounces count as a hard bounce."""

from datetime import timedelta

SOFT_BOUNCES = 3
"""This many soft bounces of one address in a row, without an open, click or reply by a person between them, count as
a hard bounce."""
SOFT_BOUNCES_WITHIN = timedelta(days=30)
"""A mailbox that is full for a week may be emptied again. One that is full for a month is abandoned."""
