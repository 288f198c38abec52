"""Registers the search attributes that `workflows/search_attributes.py` declares."""

import logging

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.search_attributes import REGISTRY

log = logging.getLogger(__name__)


async def ensure_search_attributes(client: Client) -> None:
    """Adds missing attributes. If only the server's operator may add them (Temporal Cloud), logs which are needed."""
    operator = client.operator_service
    try:
        present = await operator.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
        missing = [key.name for key in REGISTRY if key.name not in present.custom_attributes]
        if missing:
            await operator.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes=dict.fromkeys(missing, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
                )
            )
    except RPCError as error:
        if error.status not in (
            RPCStatusCode.PERMISSION_DENIED,
            RPCStatusCode.UNIMPLEMENTED,
            RPCStatusCode.ALREADY_EXISTS,
        ):
            raise
        names = ", ".join(key.name for key in REGISTRY)
        log.warning("search attributes could not be registered (%s); needed as Keyword: %s", error.message, names)
