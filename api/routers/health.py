"""`/healthz`: the process runs. `/readyz`: it has what it needs. `/metrics`: its numbers. None of them needs a key."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, generate_latest
from pydantic import BaseModel

from api.documented import problems
from api.unavailable import Unavailable
from api.wiring import wiring
from services.observability.health import not_answering

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    return Health()


@router.get("/readyz", responses=problems(503))
async def readyz(request: Request) -> Health:
    """503 with `missing` naming what does not answer."""
    services = wiring(request)
    missing = await not_answering(services.database, services.gateway.client)
    if missing:
        raise Unavailable(f"{' and '.join(missing)} cannot be reached", extra={"missing": missing})
    return Health()


# Not in the OpenAPI document: it is Prometheus' format, for Prometheus.
@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Of this process, and of the whole installation (docs/observability.md)."""
    body = generate_latest(REGISTRY) + await wiring(request).gauges.scrape()
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
