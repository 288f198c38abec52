"""docker-compose.yml without Docker: its services run as processes, with the environment from the file."""

import asyncio
import base64
import re
import sys
import tomllib
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from google.protobuf.json_format import MessageToDict
from temporalio.client import Client, WorkflowHandle

from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.runtime.payload_codec import ENCODING
from deploy.make_env import KEYS
from tests.api_process import clean_environment
from tests.sink import Sink

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PATIENCE_SECONDS = 120.0
_VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")


def environment_of(service: str, values: Mapping[str, str], hosts: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment that `docker compose` would set, with our servers in place of its hosts."""
    found: dict[str, str] = {}
    for name, value in SERVICES[service]["environment"].items():
        filled = _VARIABLE.sub(lambda match: values[match[1]], str(value))
        for theirs, ours in hosts.items():
            filled = filled.replace(theirs, ours)
        found[name] = filled
    return found


async def run_to_end(service: str, environment: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cadenza", *SERVICES[service]["command"],
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0, err.decode()
    return out.decode()


@asynccontextmanager
async def running(service: str, environment: Mapping[str, str]) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cadenza", *SERVICES[service]["command"],
        env=environment, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == 0


async def until(holds: Any, what: str) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline, f"did not happen: {what}"
        await asyncio.sleep(0.1)


async def test_the_services_of_docker_compose_run_with_their_environment(
    postgres_server: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    sink = Sink()
    await sink.start()
    await postgres_server.create_database("composed")
    secrets = postgres_server.secrets
    values = {**KEYS, "CADENZA_OWNER_PASSWORD": secrets.owner_password, "CADENZA_APP_PASSWORD": secrets.app_password}
    port = free_port()
    hosts = {
        "@postgres:5432/cadenza": f"@{LOOPBACK}:{postgres_server.port}/composed",
        "temporal:7233": temporal_server.address,
    }

    def given(service: str) -> dict[str, str]:
        found = environment_of(service, values, hosts)
        ours = {"CADENZA_SMTP_HOST": LOOPBACK, "CADENZA_SMTP_PORT": str(sink.port), "CADENZA_API_PORT": str(port)}
        # A separate task queue, because other tests use these servers, too.
        return clean_environment(**{**found, **ours, "CADENZA_TASK_QUEUE": "composed"})

    await run_to_end("migrate", given("migrate"))
    first = await run_to_end("bootstrap", given("bootstrap"))
    assert await run_to_end("bootstrap", given("bootstrap")) == first, "a second time it changes nothing"
    async with AsyncExitStack() as parts:
        await parts.enter_async_context(running("api", given("api")))
        workers: list[str] = []
        for _ in range(SERVICES["worker"]["deploy"]["replicas"]):
            # On one machine, each worker needs its own port for health checks.
            worker = free_port()
            ours = {"CADENZA_METRICS_PORT": str(worker)}
            await parts.enter_async_context(running("worker", {**given("worker"), **ours}))
            workers.append(f"http://{LOOPBACK}:{worker}")
        headers = {"Authorization": f"Bearer {KEYS['CADENZA_BOOTSTRAP_KEY']}"}
        http = await parts.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", headers=headers, trust_env=False, timeout=30)
        )

        async def ready() -> bool:
            try:
                return all([(await http.get(f"{url}/readyz")).is_success for url in ("", *workers)])
            except httpx.TransportError:
                return False

        await until(ready, "the API and the workers are ready")
        enrollment = await mail_one_lead(http)

        async def mailed() -> bool:
            return sink.subjects("composed@lead.example") == ["Hello Acme"]

        await until(mailed, "the lead was mailed once")
        tenant = (await http.get("/session")).raise_for_status().json()["tenant_id"]
        handle = (await Client.connect(temporal_server.address)).get_workflow_handle(
            f"enrollment/{tenant}/{enrollment}"
        )
        await check_that_the_codec_server_decrypts(handle, values)
    await postgres_server.drop_database("composed")
    await sink.stop()


async def check_that_the_codec_server_decrypts(handle: WorkflowHandle[Any, Any], values: Mapping[str, str]) -> None:
    history = await handle.fetch_history()
    payloads = history.events[0].workflow_execution_started_event_attributes.input
    assert {payload.metadata["encoding"] for payload in payloads.payloads} == {ENCODING}
    port = free_port()
    environment = environment_of("codec-server", values, {})
    given = clean_environment(**environment, CADENZA_CODEC_SERVER_PORT=str(port))
    url, asked = f"http://{LOOPBACK}:{port}/codec/decode", MessageToDict(payloads)
    async with running("codec-server", given), httpx.AsyncClient(trust_env=False) as http:

        async def answers() -> bool:
            try:
                return (await http.post(url, json={"payloads": []})).is_success
            except httpx.TransportError:
                return False

        await until(answers, "the codec server answers")
        opened = (await http.post(url, json=asked)).raise_for_status().json()
    assert [base64.b64decode(one["metadata"]["encoding"]) for one in opened["payloads"]] == [b"json/plain"]


async def mail_one_lead(http: httpx.AsyncClient) -> str:
    """Enrolls one lead in a sequence with one email. Returns the enrollment's ID."""

    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        return (await http.post(path, json=body)).raise_for_status().json()

    lead = await post("/leads", {"email": "composed@lead.example", "first_name": "Ada", "company": "Acme"})
    step = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
    sequence = await post("/sequences", {"name": "One email", "steps": [step]})
    (await http.put(f"/sequences/{sequence['id']}", json={"status": "active"})).raise_for_status()
    enrolled = await post("/leads/enroll-in-sequence", {"sequence_id": sequence["id"], "lead_ids": [lead["id"]]})
    assert enrolled["skipped"] == []
    return enrolled["enrolled"][0]["enrollment_id"]


def test_every_container_has_limits_and_health_checks() -> None:
    for name, service in SERVICES.items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        image = service["image"]
        assert image.startswith("cadenza:") or (":" in image and not image.endswith(":latest")), f"{name} is pinned"
        one_shot = service.get("restart", "").startswith("on-failure")
        waits_for_it = [one for one in SERVICES.values() if name in one.get("depends_on", {})]
        for other in waits_for_it:
            condition = other["depends_on"][name]["condition"]
            assert condition == ("service_completed_successfully" if one_shot else "service_healthy"), name
        assert one_shot or not waits_for_it or "healthcheck" in service, f"{name} says when it is healthy"


def test_our_image_does_not_run_as_root() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*$", last_stage, re.MULTILINE), "a number, which Kubernetes can check is not root"
    for name in ("migrate", "bootstrap", "api", "worker", "codec-server"):
        assert (SERVICES[name]["read_only"], SERVICES[name]["cap_drop"]) == (True, ["ALL"])


def test_every_named_file_and_variable_exists() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    named = {name for name, default in _VARIABLE.findall(text) if default == ""}
    assert named <= set(KEYS)
    for path in re.findall(r"(?<=[\s\[])\./([\w./-]+):", text):
        assert (ROOT / path).exists(), path


def test_the_image_contains_every_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]]
    for package in packages:
        assert f"\nCOPY {package}/ {package}/\n" in (ROOT / "Dockerfile").read_text(), package
        assert f"\n!{package}/\n" in (ROOT / ".dockerignore").read_text(), package
