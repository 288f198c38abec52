"""The Temporal SDK's runtime in this process: its metrics, and its log in Python's log."""

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
    """Returns None if the default runtime is enough. That one has no metrics, and logs text to standard error directly.

    With `metrics_port`, the SDK serves its metrics on that port of loopback, from where they are passed on.
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
