"""The API answers as its OpenAPI document says, to requests that the document allows and to many that it does not: no
internal error, and no status, media type or shape that is not documented.

The requests are the same in every run (the examples are derandomised), and bounded so that all take about a minute.
"""

from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import AppConfig, create_app
from tests.contract.conftest import Api
from tests.integration.api.conftest import temporal_is_away
from tests.properties import number

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A method that a path does not have is answered with 405, which no operation can document. test_api_robustness.py
# checks it.
CONFIG = {"phases": {"coverage": {"unexpected-methods": []}}}


def document() -> dict[str, Any]:
    """Returns the document that the running API serves. The database is not used."""
    config = AppConfig(
        "postgresql://nobody@localhost/nothing",
        dev=True,
        capture_dir=Path("nowhere"),
        inbound_webhook_secret="whsec_",
        signing_key="nothing is signed here",
    )
    return create_app(config, temporal_is_away).openapi()


@schemathesis.serializer("message/rfc822")
def serialised_mail(_context: schemathesis.SerializationContext, value: Any) -> dict[str, Any]:
    """Sends the body unchanged: the endpoint accepts any bytes."""
    return {"data": value if isinstance(value, bytes) else str(value).encode(errors="replace")}


schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict(CONFIG))


def test_the_document_is_the_one_that_the_api_serves(api: Api) -> None:
    assert httpx.get(f"{api.url}/openapi.json").json() == document()


@schema.parametrize()
@settings(
    max_examples=number(8, at_least=3),
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_documented(case: schemathesis.Case, api: Api) -> None:
    _ask_for_what_is_there(case, api.ids)
    headers = {"Authorization": f"Bearer {api.key}", "X-Cadenza-CSRF": "1"}  # the latter for signing in
    case.call_and_validate(base_url=api.url, headers=headers, checks=CHECKS)


def _ask_for_what_is_there(case: schemathesis.Case, ids: dict[str, str]) -> None:
    """Uses existing IDs in half of the requests, so that not all answers are 404. Deletions use none, because other
    requests need these objects."""
    drawn = repr((case.path_parameters, case.query, case.headers, case.body))
    if case.method == "DELETE" or not crc32(drawn.encode(errors="replace")) % 2:
        return
    parameters: dict[str, Any] = case.path_parameters or {}
    case.path_parameters = {name: ids.get(name, value) for name, value in parameters.items()}
    if isinstance(case.body, dict):
        known = {**ids, "lead_ids": [ids["lead_id"]]}
        case.body = {name: known.get(name, value) for name, value in case.body.items()}
