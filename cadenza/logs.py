"""The log of a process: lines of text on standard error, for people."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_text() -> None:
    """The log format in which every command starts. Long-running parts may switch to JSON (cadenza/json_logs.py)."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=FORMAT)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's: it logs every recipient's address
