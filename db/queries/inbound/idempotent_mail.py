"""Whose an inbound message is: asked before any tenant is known."""

from collections.abc import Sequence
from uuid import UUID

from db.calls import Call
from db.session import Database

_FIND = Call("SELECT find_inbound_tenant(:message_ids, :addresses)")


async def find_inbound_tenant(database: Database, message_ids: Sequence[str], addresses: Sequence[str]) -> UUID | None:
    """The tenant that sent one of these messages (the first counts), else the only one with such a mailbox."""
    parameters = {"message_ids": list(message_ids), "addresses": list(addresses)}
    return await database.calls.value(_FIND, parameters)
