"""A lead's whole story, as Prometheus and the logs tell it: an API and a worker, each a process of its own."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from db.calls.analytics import refresh_performance
from domain.mailboxes.windows import SendWindow
from services.access.api_keys import create_key
from services.observability.metrics import CAUSES
from tests.engine.performing.test_windows import day_in, until_put_off
from tests.part_process import part
from tests.stage import stage as set_up

LEAD = {"email": "zebulon@private.example", "first_name": "Zebulon", "last_name": "Quixley", "company": "Wombatworks"}
SUBJECT = "Peculiar offer"
EMAIL = {"key": "first", "type": "email", "config": {"subject": SUBJECT, "body_text": "Hullabaloo {{name}}"}}
LATER = [
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "second", "type": "email", "config": {"subject": "Again", "body_text": "Hullabaloo again"}},
]
TRY_LATER = f"451 4.7.1 <{LEAD['email']}> is greylisted"
PERSONAL = (*LEAD.values(), SUBJECT, "Hullabaloo", "sam@sender.example")
PATIENCE_SECONDS = 120.0
ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "deploy" / "compose"
ALERTS = yaml.safe_load((COMPOSE / "prometheus" / "alerts.yml").read_text("utf-8"))
RULES: list[dict[str, Any]] = ALERTS["groups"][0]["rules"]
# Of processes only Linux tells.
METRIC = re.compile(rf"\b(?:cadenza|temporal{'|process' * (sys.platform == 'linux')})_[a-z0-9_]+")


@dataclass
class Observed:
    api: str
    """What `/metrics` of the API answered; `worker` likewise."""
    worker: str
    ids: dict[str, UUID]
    lines: list[str]
    request_ids: list[str]


def families(scraped: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(scraped)}


def value(scraped: str, name: str, **labels: str) -> float:
    samples = [one for family in text_string_to_metric_families(scraped) for one in family.samples]
    return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())


def dashboard_expressions() -> list[str]:
    board = json.loads((COMPOSE / "grafana" / "dashboards" / "cadenza.json").read_text("utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]


@pytest.fixture(scope="module")
async def observed(
    migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Observed]:
    """One lead is mailed, once its mail server has put that off, and replies; another waits for its window."""
    log = tmp_path_factory.mktemp("logs") / "log"
    servers = (migrated_postgres.app_url, temporal_server.address)
    api_port, port = free_port(), free_port()
    settings = {"CADENZA_LOG_FORMAT": "json", "CADENZA_METRICS_PORT": str(port), "CADENZA_API_PORT": str(api_port)}
    api, worker = f"http://{LOOPBACK}:{api_port}", f"http://{LOOPBACK}:{port}"
    async with set_up(*servers) as stage, httpx.AsyncClient(trust_env=False, timeout=30) as http:
        await stage.stop_worker()

        async def answers(url: str) -> bool:
            try:
                return (await http.get(url)).is_success
            except httpx.TransportError:
                return False

        with log.open("wb") as file:
            async with (
                part("api", stage, *servers, log=file, **settings),
                part("worker", stage, *servers, log=file, **settings),
            ):
                for url in (api, worker):
                    await stage.until(lambda: answers(f"{url}/readyz"), f"{url} is ready", PATIENCE_SECONDS)  # noqa: B023
                lead, waiting = await stage.lead(**LEAD), await stage.lead()
                shut = SendWindow(days=(day_in(3),), timezone="UTC")
                (later,) = await stage.enroll(await stage.sequence([EMAIL], send_window=shut), waiting)
                await until_put_off(stage, later, "window")
                stage.sink.answers.append(TRY_LATER)
                (enrollment,) = await stage.enroll(await stage.sequence([EMAIL, *LATER]), lead)
                await stage.until_sent(1)
                async with stage.database.write(stage.tenant_id) as session:
                    key = (await create_key(session, name="Test", scopes=["write"])).key
                http.headers["Authorization"] = f"Bearer {key}"
                (await http.post(f"{api}/leads/{lead}/events", json={"type": "reply"})).raise_for_status()
                await stage.until_status(enrollment, "stopped", within_seconds=PATIENCE_SECONDS)
                mine = await http.get(f"{api}/leads/{lead}", headers={"X-Request-ID": "a-request-of-mine"})
                made = await http.get(f"{api}/leads/{lead}", headers={"X-Request-ID": LEAD["email"]})
                await refresh_performance(stage.database)
                scraped = [(await http.get(f"{url}/metrics")).raise_for_status().text for url in (api, worker)]
        lines = (await asyncio.to_thread(log.read_text, "utf-8")).splitlines()
        ids = {"tenant": stage.tenant_id, "lead": lead, "waiting": waiting, "enrollment": enrollment}
        yield Observed(*scraped, ids, lines, [one.headers["X-Request-ID"] for one in (mine, made)])


async def test_each_process_counts_its_own_work(observed: Observed) -> None:
    worker, api = observed.worker, observed.api
    assert value(worker, "cadenza_messages_sent_total") == 1
    assert value(worker, "cadenza_send_failures_total", kind="try_again") == 1
    assert value(worker, "cadenza_worker_ready") == 1
    assert {cause for cause in CAUSES if value(worker, "cadenza_deferrals_total", cause=cause)} == {"window"}
    assert value(api, "cadenza_messages_sent_total") == 0
    assert value(api, "cadenza_events_received_total", type="reply") == 1
    asked = {"method": "GET", "route": "/leads/{lead_id}", "status": "200"}
    assert value(api, "cadenza_http_requests_total", **asked) == 2


async def test_one_address_tells_the_sdks_numbers_too(observed: Observed) -> None:
    assert (
        value(observed.worker, "temporal_activity_execution_latency_seconds_count", activity_type="step.perform") >= 1
    )


async def test_gauges_of_the_installation_are_the_apis(observed: Observed) -> None:
    assert value(observed.api, "cadenza_gauges_readable") == 1
    assert value(observed.api, "cadenza_enrollments", status="active") >= 1
    assert "cadenza_outbox_rows" in families(observed.api)
    assert "cadenza_outbox_rows" not in families(observed.worker)


async def test_no_number_names_a_tenant_a_lead_or_an_address(observed: Observed) -> None:
    for scraped in (observed.api, observed.worker):
        for name in (*PERSONAL, *(str(one) for one in observed.ids.values())):
            assert name not in scraped
        labels = {name for family in families(scraped).values() for one in family.samples for name in one.labels}
        assert labels.isdisjoint({"tenant", "tenant_id", "lead", "lead_id", "email", "workflow_id"})


async def test_every_line_of_the_log_is_json_and_names_nobody(observed: Observed) -> None:
    assert observed.lines
    for line in observed.lines:
        told: dict[str, Any] = json.loads(line)
        assert {"time", "level", "logger", "message"} <= told.keys()
        assert not [one for one in PERSONAL if one in line], line


async def test_a_line_says_whose_step_it_is_about(observed: Observed) -> None:
    ids = {"tenant_id": str(observed.ids["tenant"]), "enrollment_id": str(observed.ids["enrollment"])}
    failed = [line for line in map(json.loads, observed.lines) if "temporarily_refused" in line.get("exception", "")]
    assert failed
    for line in failed:
        assert ids.items() <= line.items()
        assert line["workflow_id"] == f"enrollment/{ids['tenant_id']}/{ids['enrollment_id']}"


async def test_a_request_id_is_taken_over_unless_it_could_be_an_address(observed: Observed) -> None:
    mine, made = observed.request_ids
    assert mine == "a-request-of-mine"
    assert "@" not in made and len(made) == 32


async def test_every_metric_that_is_looked_at_is_told(observed: Observed) -> None:
    told = {one.name for text in (observed.api, observed.worker) for f in families(text).values() for one in f.samples}
    expressions = (*dashboard_expressions(), *(rule["expr"] for rule in RULES))
    wanted = {name for expression in expressions for name in METRIC.findall(expression)}
    assert len(wanted) > 20
    assert wanted - told == set()


def test_every_alert_has_a_section_in_the_runbooks() -> None:
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbooks.md").read_text("utf-8"), re.MULTILINE)
    assert sections == [rule["alert"] for rule in RULES]
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
