"""`/healthz`: the process runs. `/readyz`: it has what it needs. Neither needs a key."""

import asyncio
from datetime import timedelta
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.documented import problems
from api.unavailable import Unavailable
from api.wiring import Wiring, wiring
from domain.errors import DomainError

router = APIRouter(tags=["Health"])

PATIENCE = timedelta(seconds=2)
_ONE = text("SELECT 1")


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    return Health()


@router.get("/readyz", responses=problems(503))
async def readyz(request: Request) -> Health:
    """503 with `missing` naming what does not answer."""
    services = wiring(request)
    names, checks = ("postgres", "temporal"), (_postgres(services), _temporal(services))
    answers = await asyncio.gather(*checks)
    missing = [name for name, answer in zip(names, answers, strict=True) if not answer]
    if missing:
        raise Unavailable(f"{' and '.join(missing)} cannot be reached", extra={"missing": missing})
    return Health()


async def _postgres(services: Wiring) -> bool:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await services.database.call(_ONE, {}) == 1
    except (SQLAlchemyError, OSError):
        return False


async def _temporal(services: Wiring) -> bool:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            client = await services.gateway.client()
            return await client.service_client.check_health(timeout=PATIENCE)
    except (RPCError, RuntimeError, OSError, DomainError):
        return False
