"""Prints the OpenAPI document of all routes, development routes included: `python -m api.openapi_document`.

The web app's types are generated from it (`make web-types`).
"""

import json
import sys
from typing import Any

from temporalio.client import Client

from api.app import AppConfig, create_app

EVERYTHING = AppConfig(database_url="postgresql://unused", dev=True, inbound_webhook_secret="unused")  # noqa: S106


async def _no_temporal() -> Client:
    raise AssertionError("the document is made without a server")


def openapi_document() -> dict[str, Any]:
    return create_app(EVERYTHING, _no_temporal).openapi()


if __name__ == "__main__":
    json.dump(openapi_document(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
