"""`/healthz`: the process runs. `/readyz`: it reaches what it needs. `/metrics`: its metrics. None needs a key."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, generate_latest
from pydantic import BaseModel

from api.app_context import app_context
from api.error_responses import problems
from api.outages import Unavailable
from services.observability.health import not_answering

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    return Health()


@router.get("/readyz", responses=problems(503))
async def readyz(request: Request) -> Health:
    """503 with `missing`, a list of the services that do not answer."""
    services = app_context(request)
    missing = await not_answering(services.database, services.gateway.client)
    if missing:
        raise Unavailable(f"{' and '.join(missing)} cannot be reached", extra={"missing": missing})
    return Health()


# Not in the OpenAPI document: only Prometheus reads it, in its own format.
@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Metrics of this process and of the whole installation (docs/observability.md)."""
    body = generate_latest(REGISTRY) + await app_context(request).gauges.scrape()
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
