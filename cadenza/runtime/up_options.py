"""The options of `cadenza up`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class UpOptions:
    """A port is None for the default one and 0 for any free one."""

    home: Path
    dev: bool = False
    api_port: int | None = None
    temporal_port: int | None = None
    temporal_ui_port: int | None = None
    smtp_port: int | None = None
    postgres_port: int | None = None
