"""The web app's types are generated from the API's OpenAPI document. Neither may be older than the API."""

import json
import subprocess
import sys
from pathlib import Path

from api.openapi_document import openapi_document

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
STALE = "is older than the API: run `make web-types`"


def test_the_stored_openapi_document_is_current() -> None:
    kept = json.loads((WEB / "openapi.json").read_text())
    assert kept == json.loads(json.dumps(openapi_document())), f"web/openapi.json {STALE}"


def test_the_web_types_match_the_openapi_document(tmp_path: Path) -> None:
    made = tmp_path / "schema.ts"
    scripts = json.loads((WEB / "package.json").read_text())["scripts"]
    arguments = scripts["types"].replace("src/api/schema.ts", str(made)).split()
    program = WEB / "node_modules" / ".bin" / arguments[0]
    node = Path(sys.prefix) / "bin" / "node"
    subprocess.run([node, program.resolve(), *arguments[1:]], cwd=WEB, check=True, capture_output=True)
    assert made.read_text() == (WEB / "src" / "api" / "schema.ts").read_text(), f"web/src/api/schema.ts {STALE}"
