"""`/sequences` as files: export, import, duplicate."""

import asyncio
import json
import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api.deps import Once, Reading, Writing
from api.error_responses import WITH_BODY, problems
from api.requests.json_body import YAML_TYPES, UnsupportedMediaType, is_json, media_type, read_json, refuse_unstorable
from api.route import ApiRoute
from api.schemas.sequences.files import SequenceDuplicate
from api.schemas.sequences.sequences import SequenceResponse
from domain.sequences import yaml_text
from domain.sequences.file import SequenceFile, read_document, write_yaml
from domain.sequences.yaml_text import MalformedYaml
from services.sequences import files as sequence_files

router = APIRouter(prefix="/sequences", tags=["Sequences as code"], route_class=ApiRoute)

YAML, JSON = "application/yaml", "application/json"

_FILE: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/SequenceFile"}}
_FILES = {YAML: _FILE, JSON: _FILE}


async def sent_file(request: Request) -> SequenceFile:
    """Parses the document in the request. Raises UnsupportedMediaType, MalformedYaml, MalformedJson and Invalid."""
    kind = media_type(request)
    if kind in YAML_TYPES:
        # In a thread: a document of some megabytes takes seconds, and must not block other requests.
        document = await asyncio.to_thread(yaml_text.load, _utf8(await request.body()))
    elif is_json(kind):
        document = await read_json(request)
    else:
        raise UnsupportedMediaType("send the document with `Content-Type: application/yaml` or `application/json`")
    refuse_unstorable(document)
    return read_document(document)


@router.post(
    "/import",
    status_code=201,
    response_model=SequenceResponse,
    responses=WITH_BODY | problems(409),
    openapi_extra={"requestBody": {"required": True, "content": _FILES}},
)
async def import_sequence(
    file: Annotated[SequenceFile, Depends(sent_file, scope="function")], session: Writing, once: Once
) -> Response:
    """Creates a draft from a YAML or JSON file. Users, campaigns and mailboxes in it are IDs of this tenant."""

    async def create() -> SequenceResponse:
        return SequenceResponse.of(await sequence_files.import_sequence(session, file))

    return await once(session, 201, create)


@router.get(
    "/{sequence_id}/export",
    response_class=Response,
    responses=problems(404) | {200: {"description": "The sequence as a file.", "content": _FILES}},
)
async def export_sequence(
    sequence_id: UUID,
    session: Reading,
    format: Annotated[Literal["yaml", "json"] | None, Query(description="Default: as `Accept` says, or YAML.")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """The sequence's draft as a file. Importing the file again gives the same sequence."""
    document = await sequence_files.export_sequence(session, sequence_id)
    if (format or _preferred(accept)) == "json":
        return _attached(json.dumps(document, ensure_ascii=False, indent=2) + "\n", JSON, document["name"])
    return _attached(write_yaml(document), YAML, document["name"])


@router.post(
    "/{sequence_id}/duplicate",
    status_code=201,
    response_model=SequenceResponse,
    responses=WITH_BODY | problems(404, 409),
)
async def duplicate_sequence(
    sequence_id: UUID, session: Writing, once: Once, body: SequenceDuplicate | None = None
) -> Response:
    """Creates a draft with all steps and branches that the sequence's draft has now."""

    async def duplicate() -> SequenceResponse:
        name = body.name if body else None
        return SequenceResponse.of(await sequence_files.duplicate_sequence(session, sequence_id, name))

    return await once(session, 201, duplicate)


def _utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise MalformedYaml(f"line {line}, column {column}: the document is not UTF-8") from None


def _preferred(accept: str | None) -> Literal["yaml", "json"]:
    """JSON if `Accept` names it before YAML. The `*/*` of a browser or of curl gets YAML."""
    kinds = [part.partition(";")[0].strip().lower() for part in (accept or "").split(",")]
    named = [kind for kind in kinds if kind == JSON or kind in YAML_TYPES]
    return "json" if named and named[0] == JSON else "yaml"


def _attached(text: str, kind: str, name: str) -> Response:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "sequence"
    suffix = kind.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="{slug}.{suffix}"'}
    return Response(text, media_type=kind, headers=headers)
