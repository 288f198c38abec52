"""What the program that runs the API passes to it."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from api.requests.rate_limit import RateLimit
from mail.dns import DnsLookup
from services.secret_box import SecretBox


@dataclass(frozen=True, slots=True)
class AppConfig:
    """`dev` registers `/dev/*`, which shows and creates mail and moves clocks. Never set it in production."""

    database_url: str = field(repr=False)
    """Connects as the app's role, which owns no table and cannot bypass row level security."""
    task_queue: str = "cadenza"
    dev: bool = False
    capture_dir: Path | None = None
    """The folder of captured mail. Without it `/dev/outbox` is empty."""
    web_dir: Path | None = None
    """The folder of the built web app. Without it `/` is not served."""
    temporal_ui_url: str | None = None
    """The address of Temporal's web UI. Without it an enrollment has no `temporal_url`."""
    temporal_namespace: str = "default"
    inbound_webhook_secret: str | None = field(default=None, repr=False)
    """Verifies signatures of `/webhooks/inbound-email`. Without it that path is not served."""
    signing_key: str | None = field(default=None, repr=False)
    """Verifies the tokens of links in mail. Without it every such link is answered as unknown."""
    secrets: SecretBox = field(default_factory=SecretBox, repr=False)
    """Encrypts mailbox passwords. Without keys, mailboxes with a password are refused."""
    rate_limit: RateLimit | None = None
    """The rate that each API key and each user may send to this process. Without it there is no limit."""
    public_url: str | None = None
    """The address at which people reach the API. If it is https, cookies are sent over https only."""
    dns: DnsLookup = field(default_factory=DnsLookup, repr=False)
    """The DNS resolver for the checks of sender domains."""
    mail_allow_private: bool = False
    """Development only: mail servers of mailboxes may have addresses of this machine or its private network."""
    mail_tls: ssl.SSLContext | None = field(default=None, repr=False)
    """TLS settings for mail servers with certificates of a private authority. None: the system's authorities."""
    webhook_allow_private: bool = False
    """Development only: webhooks may be sent to this machine and its private network."""
