"""Adds the possible error answers of routes to the OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.errors import PROBLEM_JSON
from api.schemas.problem import Problem
from domain.sequences.file import SequenceFile

_WHY = {
    400: "The body is not JSON.",
    401: "The API key is missing or invalid, and nobody is signed in.",
    403: "The key or the user lacks the scope, or the request may come from another site.",
    404: "There is no such thing in this tenant.",
    409: "The present state does not allow this.",
    410: "It has expired or was already used.",
    413: "The body is too large.",
    415: "The body's media type is not supported.",
    422: "A field is not valid; `errors` names each.",
    429: "Too many requests, or attempts to sign in; try again after `Retry-After` seconds.",
    500: "An error on the server's side. It was logged.",
    503: "Postgres or Temporal does not answer; try again after `Retry-After` seconds.",
}

_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """Returns the `responses` argument of a route that can give these statuses."""
    return {
        status: {
            "description": _WHY[status],
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in statuses
    }


ALWAYS = problems(401, 403, 422, 429, 500, 503)
"""For every route that needs an API key or a session."""
WITH_BODY = problems(400, 413, 415)
"""For every route that reads a JSON body."""


def complete_openapi(app: FastAPI) -> None:
    """Completes the OpenAPI document: error answers have the media type problem+json and no other.

    FastAPI's own `model=` of a response would also list application/json. Models of bodies that an endpoint parses
    itself (sequence files) are added here, because FastAPI does not see them.
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
