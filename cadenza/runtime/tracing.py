"""Traces, where `CADENZA_OTEL` asks for them: request, workflow, activity, and handing over to SMTP.

Where they go, how many and under which name is OpenTelemetry's own to say: `OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` and the rest.
"""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from temporalio.client import Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor

from cadenza.settings import Settings


@contextmanager
def traced(settings: Settings) -> Generator[list[Interceptor]]:
    """What a Temporal client is to have, with which workers have it too. At the end all spans have been sent."""
    if not settings.otel:
        yield []
        return
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield [TracingInterceptor()]
    finally:
        provider.shutdown()
