"""`CADENZA_LOG_FORMAT=json`: one JSON object a line, for machines.

`time` (RFC 3339, UTC), `level`, `logger`, `message`, and what the line is about where that is known: `request_id`,
`tenant_id`, `enrollment_id`, `mailbox_id`, `workflow_id`. `exception` is a traceback. Whatever looks like an address
is masked, since the words of an error may be somebody else's.
"""

import json
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from mail.delivery import mask_addresses
from services.observability import log_context

# What the SDK says beside its words of a workflow or an activity.
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
    """From here on the log is JSON, and so are Python's warnings and what ends a thread."""
    logging.captureWarnings(True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
    threading.excepthook = _log_thread


def _log_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        logging.getLogger(__name__).error("a thread has ended", exc_info=ended.exc_value)


def _of_the_sdk(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    for name in _SDK:
        told = getattr(record, name, None)
        if isinstance(told, Mapping):
            workflow_id = str(cast(Mapping[str, object], told).get("workflow_id", ""))
            yield "workflow_id", workflow_id
            if found := _ENROLLMENT.fullmatch(workflow_id):
                yield from (("tenant_id", found[1]), ("enrollment_id", found[2]))
