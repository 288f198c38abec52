"""One trace from the request that enrolls a lead to the mail server that takes its email; and what it must not tell."""

from collections.abc import Generator

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter

from api.app import AppConfig, create_app
from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from services.keys import create_key
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
    """Of this process, which has one provider for good: it keeps nothing after this test."""
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
        temporal_server.address, data_converter=pydantic_data_converter, interceptors=[TracingInterceptor()]
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

    await stage.until(whole, "the trace spans all")
    for span in await way():
        assert "@" not in span.to_json() and "Peculiar" not in span.to_json()
    history = await stage.handle(enrolled["enrolled"][0]["enrollment_id"]).fetch_history()
    assert "_tracer-data" in history.to_json()
    assert "zebulon" not in history.to_json()
