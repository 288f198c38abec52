"""`/suppressions/import` and `/suppressions/export`: the suppression list as a file. Needs the scope `admin`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.deps import Admin, AdminSteering, Context
from api.error_responses import WITH_BODY
from api.requests.uploads import UploadedFile
from api.route import UploadRoute
from api.schemas.leads.suppressions import ListTakenResponse
from services.leads import suppression_list
from services.leads.suppressions import SuppressionKind

router = APIRouter(prefix="/suppressions", tags=["Administration"], route_class=UploadRoute)

_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_REQUEST_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _FORM},
        "text/csv": {"schema": _FILE},
        "text/plain": {"schema": _FILE},
    },
}
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "CSV, UTF-8, with a header.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


# The upload is the first dependency, so that the file has arrived before the transaction begins.
@router.post("/import", responses=WITH_BODY, openapi_extra={"requestBody": _REQUEST_BODY})
async def import_suppressions(upload: UploadedFile, session: AdminSteering) -> ListTakenResponse:
    """Imports addresses and domains, mixed: one per line, or CSV with a column `value`, `email` or `domain`, and
    optionally `reason`. Ends every live enrollment of the leads concerned before this answers. Each row is imported or
    refused with a reason. If the request fails, nothing is imported. Importing a list again changes nothing."""
    return ListTakenResponse.model_validate(await suppression_list.import_suppressions(session, upload))


@router.get("/export", responses=_CSV, response_class=StreamingResponse)
async def export_suppressions(
    admin: Admin, context: Context, kind: Annotated[SuppressionKind | None, Query()] = None
) -> StreamingResponse:
    """The whole list, sorted by value. A cell that a spreadsheet would read as a formula gets a leading `'`, which
    `import` removes."""
    rows = suppression_list.export_suppressions(context.database, admin.tenant_id, kind)
    headers = {"Content-Disposition": 'attachment; filename="suppressions.csv"'}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)
