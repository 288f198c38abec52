"""When soft bounces have come to mean that nobody will ever read there."""

from datetime import timedelta

SOFT_BOUNCES = 3
"""So many of one address in a row, without a person's open, click or reply between them, count as a hard bounce."""
SOFT_BOUNCES_WITHIN = timedelta(days=30)
"""A mailbox that is full for a week is emptied again; one that is full a month on belongs to nobody."""
