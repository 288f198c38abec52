"""`CADENZA_LOG_FORMAT=json`: one JSON object per line, for machines.

The keys are `time` (RFC 3339, UTC), `level`, `logger`, `message` and, where known, the IDs that the line concerns:
`request_id`, `tenant_id`, `enrollment_id`, `mailbox_id`, `workflow_id`. `exception` is a traceback. Everything that
looks like an email address is masked, because error texts may contain addresses.
"""

import json
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from mail.redaction import mask_addresses
from services.observability import log_context

# The fields of a log record in which the SDK describes a workflow or an activity.
_SDK = ("temporal_workflow", "temporal_activity")
_ENROLLMENT = re.compile(r"enrollment/([0-9a-f-]{36})/([0-9a-f-]{36})")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask_addresses(record.getMessage()),
            **dict(_of_the_sdk(record)),
            **log_context.current(),
        }
        if record.exc_info:
            line["exception"] = mask_addresses(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def log_json() -> None:
    """Switches the log to JSON, including Python's warnings and exceptions that end a thread."""
    logging.captureWarnings(True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
    threading.excepthook = _log_thread


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        logging.getLogger(__name__).error("a thread has ended", exc_info=ended.exc_value)


def _of_the_sdk(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    for name in _SDK:
        info = getattr(record, name, None)
        if isinstance(info, Mapping):
            workflow_id = str(cast(Mapping[str, object], info).get("workflow_id", ""))
            yield "workflow_id", workflow_id
            if found := _ENROLLMENT.fullmatch(workflow_id):
                yield from (("tenant_id", found[1]), ("enrollment_id", found[2]))
