"""One trace covers the request that enrolls a lead up to the mail server that accepts its email, and leaks no personal
data."""

from collections.abc import Generator

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter

from api.app import AppConfig, create_app
from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from services.access.api_keys import create_key
from tests.part_process import part
from tests.receiver import Receiver, receiving
from tests.shared_servers import namespace_at
from tests.stage import Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Peculiar offer", "body_text": "Hi {{name}}"}}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WAY = {
    "POST /leads/enroll-in-sequence",
    "StartWorkflow:Enrollment",
    "RunWorkflow:Enrollment",
    "StartActivity:step.perform",
    "RunActivity:step.perform",
    "smtp.deliver",
}


@pytest.fixture
def exporter() -> Generator[InMemorySpanExporter]:
    """An exporter on this process's tracer provider, which is set once and kept. It keeps no spans after this test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


async def test_one_trace_spans_the_request_and_the_email(
    stage: Stage,
    exporter: InMemorySpanExporter,
    migrated_postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
) -> None:
    await stage.stop_worker()
    stage.client = await Client.connect(
        temporal_server.address,
        namespace=namespace_at(temporal_server.address),
        data_converter=pydantic_data_converter,
        interceptors=[TracingInterceptor()],
    )
    await stage.start_worker()

    async def connected() -> Client:
        return stage.client

    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="Test", scopes=["write"])).key
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead(email="zebulon@private.example")
    app = create_app(AppConfig(migrated_postgres.app_url, task_queue=stage.task_queue), connected)
    headers = {
        "Authorization": f"Bearer {key}",
        "traceparent": f"00-{TRACE}-{SPAN}-01",
        "baggage": "email=zebulon@private.example",
    }
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as http,
    ):
        body = {"sequence_id": str(sequence), "lead_ids": [str(lead)]}
        enrolled = (await http.post("/leads/enroll-in-sequence", json=body)).raise_for_status().json()
        await stage.until_status(enrolled["enrolled"][0]["enrollment_id"], "completed")

    async def way() -> list[ReadableSpan]:
        return [one for one in exporter.get_finished_spans() if f"{one.get_span_context().trace_id:032x}" == TRACE]

    async def whole() -> bool:
        return {one.name for one in await way()} >= WAY

    await stage.until(whole, "the trace has every span")
    for span in await way():
        assert "@" not in span.to_json() and "Peculiar" not in span.to_json()
    history = await stage.handle(enrolled["enrolled"][0]["enrollment_id"]).fetch_history()
    assert "_tracer-data" in history.to_json()
    assert "zebulon" not in history.to_json()


async def test_api_and_worker_send_spans_to_a_collector(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    """Sends spans by OTLP over HTTP, set by OpenTelemetry's own variables, as an operator's collector receives them."""
    await stage.stop_worker()
    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="Test", scopes=["write"])).key
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead(email="zebulon@private.example")
    port, servers = free_port(), (migrated_postgres.app_url, temporal_server.address)
    headers = {"Authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-{SPAN}-01"}
    async with receiving() as collector:
        settings = {
            "CADENZA_API_PORT": str(port),
            "CADENZA_OTEL": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{LOOPBACK}:{collector.port}",
            "OTEL_SERVICE_NAME": "cadenza-of-a-test",
        }
        async with (
            part("api", stage, *servers, **settings),
            part("worker", stage, *servers, **settings),
            httpx.AsyncClient(
                base_url=f"http://{LOOPBACK}:{port}", headers=headers, transport=httpx.AsyncHTTPTransport(retries=20)
            ) as http,
        ):
            body = {"sequence_id": str(sequence), "lead_ids": [str(lead)]}
            enrolled = (await http.post("/leads/enroll-in-sequence", json=body)).raise_for_status().json()
            await stage.until_status(enrolled["enrolled"][0]["enrollment_id"], "completed", within_seconds=120)
        # Each part sent its remaining spans before it ended.
        assert sent_to(collector) >= WAY
        assert {one.target for one in collector.heard} == {"/v1/traces"}
        assert not any(b"zebulon" in one.body or b"cadenza-of-a-test" not in one.body for one in collector.heard)


def sent_to(collector: Receiver) -> set[str]:
    """Returns the names of the spans in the caller's trace."""
    return {
        span.name
        for one in collector.heard
        for resource in ExportTraceServiceRequest.FromString(one.body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == TRACE
    }
