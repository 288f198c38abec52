"""What the API is told by the program that runs it."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from api.requests.rate_limit import RateLimit
from mail.dns import Lookup
from services.secret_box import SecretBox


@dataclass(frozen=True, slots=True)
class AppConfig:
    """`dev` registers `/dev/*`, which shows and makes mail and moves clocks: never in production."""

    database_url: str = field(repr=False)
    """The app's role: owns nothing, cannot bypass row level security."""
    task_queue: str = "cadenza"
    dev: bool = False
    capture_dir: Path | None = None
    """Where captured mail is kept; `/dev/outbox` is empty without it."""
    web_dir: Path | None = None
    """The built web app; `/` is not served without it."""
    temporal_ui_url: str | None = None
    """Temporal's web UI; an enrollment has no `temporal_url` without it."""
    temporal_namespace: str = "default"
    inbound_webhook_secret: str | None = field(default=None, repr=False)
    """Signs `/webhooks/inbound-email`, which is not served without it."""
    signing_key: str | None = field(default=None, repr=False)
    """Of the links in mail; without it none is known here."""
    secrets: SecretBox = field(default_factory=SecretBox, repr=False)
    """Seals mailboxes' passwords; without keys none are taken."""
    rate_limit: RateLimit | None = None
    """What each API key, and each person, may ask of this process; without it there is no limit."""
    public_url: str | None = None
    """Where people reach the API; over https its cookies are sent over nothing else."""
    dns: Lookup = field(default_factory=Lookup, repr=False)
    """Answers what is asked about sender domains."""
    mail_allow_private: bool = False
    """Development: mailboxes' own servers may be on this machine and its network."""
    mail_tls: ssl.SSLContext | None = field(default=None, repr=False)
    """For mailboxes' servers whose certificates are of a private authority; the system's authorities otherwise."""
    webhook_allow_private: bool = False
    """Development: webhooks may go to this machine and its network."""
