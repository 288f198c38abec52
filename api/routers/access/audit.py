"""`/audit-log`: who administered what. Needs the scope `admin`."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import AdminReading, Paging
from api.route import ApiRoute
from api.schemas.access.audit import AuditEntryResponse
from api.schemas.common import Listed, listed
from services.access import audit
from services.access.audit import AuditAction

router = APIRouter(prefix="/audit-log", tags=["Administration"], route_class=ApiRoute)


@router.get("")
async def list_audit_log(
    session: AdminReading, page: Paging, action: Annotated[AuditAction | None, Query()] = None
) -> Listed[AuditEntryResponse]:
    """Newest first. Entries cannot be changed or removed through the API."""
    return listed(await audit.list_entries(session, page, action=action), AuditEntryResponse.model_validate)
