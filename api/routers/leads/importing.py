"""`/leads/import`: a file of leads."""

from typing import Any

from fastapi import APIRouter

from api.deps import Writing
from api.documented import WITH_BODY, problems
from api.requests.uploads import UploadedCsv
from api.route import UploadRoute
from api.schemas.leads.importing import LeadImportResponse
from services.leads import importing as lead_import

router = APIRouter(prefix="/leads", tags=["Leads"], route_class=UploadRoute)

_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_MAPPING = {
    "type": "string",
    "description": "A JSON object from the file's columns to fields, `custom.<name>`, or nothing (left out).",
    "examples": ['{"Work email": "email", "Plan": "custom.plan"}'],
}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE, "mapping": _MAPPING}}
_REQUEST_BODY = {
    "required": True,
    "content": {"multipart/form-data": {"schema": _FORM}, "text/csv": {"schema": _FILE}},
}


# The upload stands first: it has arrived before the transaction begins.
@router.post("/import", responses=WITH_BODY | problems(404), openapi_extra={"requestBody": _REQUEST_BODY})
async def import_leads(upload: UploadedCsv, session: Writing) -> LeadImportResponse:
    """CSV with any common delimiter and encoding. Columns are recognised by their names, or told in `mapping`;
    others become custom fields. A lead that is there is updated by what the file has for it: an empty cell wipes
    nothing, tags and custom fields are added. Each row is taken or refused with its reason; all of it or, when the
    request fails, nothing."""
    told = await lead_import.import_leads(session, upload.file, upload.mapping, upload.campaign_id)
    return LeadImportResponse.model_validate(told)
