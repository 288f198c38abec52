"""What an effect may use, held by the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from db.session import Database
from mail.links import Links
from services.mailboxes.signers import Signers
from services.mailboxes.transports import Transports
from webhooks.client import WebhookClient


@dataclass(frozen=True, slots=True)
class Tools:
    """The connections and clients of one worker."""

    database: Database
    transports: Transports
    signers: Signers
    kick: Callable[[UUID], None]
    """Dispatches a tenant's outbox. Call it after a commit that wrote to the outbox."""
    webhooks: WebhookClient
    links: Links | None
    """None when the installation has no public URL: mail then has no tracking, no List-Unsubscribe header and no
    `unsubscribe_url`."""
