"""Rules of the architecture that the linter alone does not check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.runtime.worker import sandboxed
from tests.architecture.forbidden_workflow import ForbiddenWorkflow
from workflows.search_attributes import REGISTRY

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("domain", "workflows", "activities", "services", "db", "mail", "webhooks", "api", "cadenza")
INFRASTRUCTURE = ("sqlalchemy", "asyncpg", "fastapi", "aiosmtplib", "alembic", "uvicorn")


def modules(room: str) -> list[Path]:
    return sorted(path for path in (ROOT / room).rglob("*.py"))


def test_workflows_and_domain_load_no_infrastructure() -> None:
    paths = [path for room in ("domain", "workflows") for path in modules(room)]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    program = (
        f"import sys\nfor name in {names!r}: __import__(name.removesuffix('.__init__'))\nprint(sorted(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "'workflows.enrollment'" in loaded
    assert [name for name in INFRASTRUCTURE if f"'{name}'" in loaded] == []


async def test_the_sandbox_refuses_nondeterminism(temporal_server: EmbeddedTemporal) -> None:
    client = await Client.connect(temporal_server.address)
    async with Worker(client, task_queue="sandbox", workflows=[ForbiddenWorkflow], workflow_runner=sandboxed()):
        answer = await client.execute_workflow(ForbiddenWorkflow.run, id="sandbox", task_queue="sandbox")
    assert answer == "refused"


@pytest.mark.parametrize("room", ROOMS)
def test_no_imports_inside_functions(room: str) -> None:
    inside = [
        f"{path.relative_to(ROOT)}:{child.lineno}"
        for path in modules(room)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
        if isinstance(child, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_only_cadenza_reads_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if re.search(r"os\.environ|getenv\(|load_settings\(", path.read_text("utf-8"))
    }
    # Alembic is also started without the program, and must then find its database.
    assert {name for name in readers if not name.startswith("cadenza/")} <= {"db/migrations/env.py"}


def test_every_client_of_temporal_encrypts_payloads() -> None:
    """There is one function that connects, and it requires the keys."""
    connecting = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if re.search(r"\bClient\.connect\(", path.read_text("utf-8"))
    ]
    assert connecting == ["cadenza/runtime/temporal_client.py"]


def test_services_never_commit() -> None:
    committing = [
        str(path.relative_to(ROOT))
        for path in modules("services")
        if re.search(r"\.(commit|rollback|begin)\(", path.read_text("utf-8"))
    ]
    assert committing == []


def test_search_attributes_hold_ids_only() -> None:
    assert {key.name for key in REGISTRY} == {"CadenzaTenant", "CadenzaSequence", "CadenzaCampaign", "CadenzaLead"}
