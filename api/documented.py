"""The refusals that a route can give, for its OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.errors import PROBLEM_JSON
from api.schemas.problem import Problem
from domain.sequences.file import SequenceFile

_WHY = {
    400: "The body is not JSON.",
    401: "No valid API key, and nobody is signed in.",
    403: "The key, or the person, lacks the scope; or the request may come from another site.",
    404: "There is no such thing in this tenant.",
    409: "The present state does not allow this.",
    410: "It is over.",
    413: "The body is too large.",
    415: "The body has a type that is not read here.",
    422: "A field is not valid; `errors` names each.",
    429: "Too many requests, or attempts to sign in; try again after `Retry-After` seconds.",
    500: "A fault on this side.",
    503: "Postgres or Temporal does not answer; try again after `Retry-After` seconds.",
}

_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """`responses` of a route."""
    return {
        status: {
            "description": _WHY[status],
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in statuses
    }


ALWAYS = problems(401, 403, 422, 429, 500, 503)
"""Of every route that needs a key."""
WITH_BODY = problems(400, 413, 415)
"""Of every route that reads a JSON body."""


def document(app: FastAPI) -> None:
    """Completes the OpenAPI document: problems are problem+json and nothing else.

    (FastAPI's own `model=` of a response would claim that they come as application/json too.) Models that no
    endpoint takes as its body, because it reads that itself, are added.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            _, definitions = models_json_schema(
                [(Problem, "serialization"), (SequenceFile, "validation")], ref_template="#/components/schemas/{model}"
            )
            schema.setdefault("components", {}).setdefault("schemas", {}).update(definitions["$defs"])
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi
