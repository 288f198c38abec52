"""`/leads/import`: importing leads from a file."""

from typing import Any

from fastapi import APIRouter

from api.deps import Writing
from api.error_responses import WITH_BODY, problems
from api.requests.uploads import UploadedCsv
from api.route import UploadRoute
from api.schemas.leads.importing import LeadImportResponse
from services.leads import importing as lead_import

router = APIRouter(prefix="/leads", tags=["Leads"], route_class=UploadRoute)

_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_MAPPING = {
    "type": "string",
    "description": "A JSON object from the file's columns to a field, to `custom.<name>`, or to an empty text (skip).",
    "examples": ['{"Work email": "email", "Plan": "custom.plan"}'],
}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE, "mapping": _MAPPING}}
_REQUEST_BODY = {
    "required": True,
    "content": {"multipart/form-data": {"schema": _FORM}, "text/csv": {"schema": _FILE}},
}


# The upload is the first dependency, so that the file has arrived before the transaction begins.
@router.post("/import", responses=WITH_BODY | problems(404), openapi_extra={"requestBody": _REQUEST_BODY})
async def import_leads(upload: UploadedCsv, session: Writing) -> LeadImportResponse:
    """Imports CSV with any common delimiter and encoding. Columns are recognised by name or mapped by `mapping`; other
    columns become custom fields. An existing lead is updated from its row: an empty cell deletes nothing; tags and
    custom fields are added. Each row is imported or refused with a reason. If the request fails, nothing is
    imported."""
    result = await lead_import.import_leads(session, upload.file, upload.mapping, upload.campaign_id)
    return LeadImportResponse.model_validate(result)
