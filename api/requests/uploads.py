"""File uploads: as a form field or as the request body. Large files are buffered on disk."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.datastructures import FormData, UploadFile

from api.requests.json_body import UnsupportedMediaType, media_type
from domain.errors import FieldError, Invalid

IN_MEMORY_BYTES = 2**20
CSV_TYPES = frozenset(
    {
        "text/csv",
        "application/csv",
        "text/plain",
        "text/tab-separated-values",
        "application/vnd.ms-excel",
        "application/octet-stream",
    }
)


@dataclass(frozen=True, slots=True)
class CsvUpload:
    """`file` is readable from its beginning. `mapping` goes from column to field; if None, the header decides.
    `campaign_id` is the campaign to which the leads are added, if any."""

    file: BinaryIO
    mapping: dict[str, str] | None
    campaign_id: UUID | None


async def uploaded_csv(
    request: Request,
    mapping: Annotated[
        str | None,
        Query(max_length=10_000, description="Like the form field `mapping`, for a file that is sent as the body."),
    ] = None,
    campaign_id: Annotated[
        UUID | None, Query(description="The campaign to add the leads to, existing leads included.")
    ] = None,
) -> AsyncIterator[CsvUpload]:
    """Raises UnsupportedMediaType, PayloadTooLarge, and Invalid for a missing `file` or an invalid `mapping`."""
    kind = media_type(request)
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=1) as form:
            yield CsvUpload(_file_of(form), _read_mapping(_text_of(form, "mapping") or mapping), campaign_id)
    elif kind in CSV_TYPES:
        async with spooled(request) as file:
            yield CsvUpload(file, _read_mapping(mapping), campaign_id)
    else:
        raise UnsupportedMediaType("send a form with the field `file`, or the file itself as text/csv")


UploadedCsv = Annotated[CsvUpload, Depends(uploaded_csv, scope="function")]


async def uploaded_file(request: Request) -> AsyncIterator[BinaryIO]:
    """A list, in the form field `file` or as the body. Raises UnsupportedMediaType, PayloadTooLarge, Invalid."""
    kind = media_type(request)
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=1) as form:
            yield _file_of(form)
    elif kind in CSV_TYPES:
        async with spooled(request) as file:
            yield file
    else:
        raise UnsupportedMediaType("send a form with the field `file`, or the file itself as text/csv")


UploadedFile = Annotated[BinaryIO, Depends(uploaded_file, scope="function")]


@asynccontextmanager
async def spooled(request: Request) -> AsyncGenerator[BinaryIO]:
    """Buffers the body, on disk if it is large, so that no client can fill the memory."""
    with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size <= IN_MEMORY_BYTES:
                file.write(chunk)
            else:
                await asyncio.to_thread(file.write, chunk)
        file.seek(0)
        yield cast("BinaryIO", file)


def _file_of(form: FormData) -> BinaryIO:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise _bad("file", "missing", "the form has no file in its field `file`")
    return file.file


def _text_of(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) else None


def _read_mapping(text: str | None) -> dict[str, str] | None:
    if not text:
        return None
    expected = 'a JSON object of columns and fields, such as {"Work email": "email"}'
    try:
        mapping: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise _bad("mapping", "malformed_json", expected) from None
    if not isinstance(mapping, dict):
        raise _bad("mapping", "dict_type", expected)
    pairs = cast("dict[str, Any]", mapping)
    if not all(isinstance(field, str) for field in pairs.values()):
        raise _bad("mapping", "string_type", expected)
    return pairs


def _bad(field: str, code: str, detail: str) -> Invalid:
    return Invalid(f"{field}: {detail}", errors=[FieldError(field, code, detail)])
