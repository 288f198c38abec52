"""The Temporal SDK's runtime as this process wants it: its own numbers, and its log with ours."""

import logging

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from cadenza.embedded.ports import LOOPBACK
from cadenza.settings import Settings

CORE = TelemetryFilter(core_level="WARN", other_level="ERROR")


def temporal_runtime(settings: Settings, *, metrics_port: int | None = None) -> Runtime | None:
    """None where the usual one will do: it has no numbers, and writes text on standard error past Python's log.

    With `metrics_port` the SDK tells its numbers there, on loopback, to whoever passes them on.
    """
    as_json = settings.log_format == "json"
    if not as_json and metrics_port is None:
        return None
    logging_ = LoggingConfig(CORE, forwarding=LogForwardingConfig(logging.getLogger("temporal")) if as_json else None)
    metrics = None
    if metrics_port is not None:
        address = f"{LOOPBACK}:{metrics_port}"
        metrics = PrometheusConfig(address, durations_as_seconds=True, counters_total_suffix=True, unit_suffix=True)
    return Runtime(telemetry=TelemetryConfig(logging=logging_, metrics=metrics))
