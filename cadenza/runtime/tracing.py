"""Traces, if `CADENZA_OTEL` is set: of requests, workflows, activities, and deliveries to SMTP.

OpenTelemetry's own variables say where they go, how many are kept, and under which name:
`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` and others.
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
    """Yields the interceptors of a Temporal client, which its workers also use. At the end, all spans have been
    sent."""
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
