"""A step that does something to the world. A new type subclasses `Effect` in a file of its own here."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from db.session import Database, ReadSession
from domain.engine.contracts import Directive
from domain.errors import FieldError
from domain.sequences.steps import StepConfig
from mail.tracking import Links
from services.engine.steps.visit import Visit
from services.mailboxes.signers import Signers
from services.mailboxes.transports import Transports
from webhooks.client import WebhookClient


@dataclass(frozen=True, slots=True)
class Tools:
    """What a step may use, held by the worker."""

    database: Database
    transports: Transports
    signers: Signers
    kick: Callable[[UUID], None]
    """Dispatches a tenant's outbox; call it after a commit that wrote to it."""
    webhooks: WebhookClient
    links: Links | None
    """Without them mail has no tracking, no List-Unsubscribe, and no `unsubscribe_url`."""


class Effect(StepConfig):
    takes_effect: ClassVar[bool] = True
    needs_postal_address: ClassVar[bool] = False
    """It sends email, which carries the tenant's postal address: without one no sequence with it is activated."""

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        """What it refers to and is not there, each named by its field below the config; asked at activation."""
        return ()

    @abstractmethod
    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        """Does what the step is for, records it with the next place in one transaction, and says what is next.

        Called again after a crash at any point: must then find what was done already.
        """
