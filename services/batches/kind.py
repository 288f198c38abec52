"""What a kind of batch defines: how many leads it covers, and how the next few of them are handled.

A new kind is a class in a file of its own and a line in `registry.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from db.models import Batch
from db.session import WriteSession
from services.enrollments.enrolling import Skipped


class Then(Enum):
    """How a batch goes on after a chunk."""

    MORE = "more"
    FINISHED = "finished"
    SUPERSEDED = "superseded"
    """A later command has replaced this one."""
    WAITING = "waiting"
    """It is blocked until something else changes. The next pass asks again."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk did. `processed` includes `accepted` and `skipped`."""

    then: Then
    processed: int = 0
    accepted: int = 0
    skipped: Sequence[Skipped] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Where the next chunk begins: the new `batch.cursor`, as JSON."""
    why: str | None = None
    """Why it is blocked, in a few words."""


class BatchKind(ABC):
    name: ClassVar[str]
    command: ClassVar[str]
    """The outbox command that tells a lead's workflow. While such a row waits, the lead counts as not told."""
    paced: ClassVar[bool] = False
    """Whether the next chunk waits until most of the last one is delivered to Temporal."""

    @abstractmethod
    async def count(self, session: WriteSession, batch: Batch) -> int:
        """How many leads it covers."""

    @abstractmethod
    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        """Handles the next leads, at most `limit`, in the caller's transaction.

        That transaction holds the sequence FOR SHARE and saves the returned chunk. A DomainError rolls the chunk back
        and ends the batch as failed. After any other error the chunk is tried again.
        """
