"""The log of a process: lines of text for a person on standard error."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_text() -> None:
    """What every command begins with. The parts that run for long may go on with JSON (cadenza/json_logs.py)."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=FORMAT)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every request
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the capture's: it tells every recipient's address
