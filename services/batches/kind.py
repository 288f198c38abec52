"""What a kind of batch is: how many leads it is about, and how the next few of them are treated.

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
    """What it was told to do is no longer wanted."""
    WAITING = "waiting"
    """It can go on only when something else has changed: the next pass asks again."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk did. `accepted` and `skipped` are of the `processed`."""

    then: Then
    processed: int = 0
    accepted: int = 0
    skipped: Sequence[Skipped] = ()
    cursor: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Where the next one begins, for `batch.cursor`: JSON."""
    why: str | None = None
    """What it waits for, in a few words."""


class BatchKind(ABC):
    name: ClassVar[str]
    command: ClassVar[str]
    """The word in the outbox that a lead's workflow hears of it: while that waits, the lead is not told."""
    paced: ClassVar[bool] = False
    """Waits with the next chunk until Temporal has been told of most of the last one."""

    @abstractmethod
    async def count(self, session: WriteSession, batch: Batch) -> int:
        """How many leads it is about."""

    @abstractmethod
    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        """Treats the next leads, at most `limit`, in the caller's transaction.

        That transaction holds the sequence FOR SHARE and saves what is answered. A DomainError ends the batch as
        failed, without the chunk; any other error leaves it to be tried again.
        """
