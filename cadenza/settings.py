"""The program's settings, read from `CADENZA_*`. Only `cadenza/` and `api/app.py` see them.

How to reach Temporal is not here: that is Temporal's own `TEMPORAL_*` and profile files (temporal_client.py).
"""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import (
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from cadenza.errors import StartError
from cadenza.runtime.payload_keys import PayloadKeys
from domain.access.tenant_policy import EXAMPLE_ADDRESS
from mail.tracking import Links, ring
from mail.transport import SmtpServer
from services import fault_points
from services.secret_box import SecretBox
from webhooks.signing import is_secret

SmtpSecurity = Literal["none", "starttls", "tls"]

MIN_KEY = 32
# Temporal's own rule for the names of deployments.
NOT_IN_DEPLOYMENTS = ".:"

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
USUAL_SMTP_PORT: dict[SmtpSecurity, int] = {"none": 25, "starttls": 587, "tls": 465}


class Settings(BaseSettings):
    """One process's settings. Each field is the variable of its name: `api_port` is `CADENZA_API_PORT`."""

    model_config = SettingsConfigDict(env_prefix="CADENZA_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str | None = Field(default=None, repr=False)
    """The app's role: owns nothing, cannot bypass row level security."""
    migration_database_url: str | None = Field(default=None, repr=False)
    """The owner's role, for `cadenza migrate`. Falls back to `database_url`."""

    smtp_host: str | None = None
    """Where mail of mailboxes is handed over that have no server of their own."""
    smtp_security: SmtpSecurity = "none"
    """How the connection to that server is kept private."""
    smtp_port: int = Field(default_factory=lambda fields: USUAL_SMTP_PORT[fields["smtp_security"]], ge=1, le=65535)
    """Its port. Not set: the usual one, 25, with `starttls` 587, with `tls` 465."""
    smtp_username: str | None = None
    """Its user, where it asks for one."""
    smtp_password: SecretStr | None = None
    """That user's password."""

    api_host: str = "127.0.0.1"
    """The address on which the API listens."""
    api_port: int = Field(default=8000, ge=0, le=65535)
    """Its port; 0 takes one that is free."""
    rate_limit_per_second: float = Field(default=100.0, ge=0, le=1_000_000)
    """Requests that each API key and each person may make, of each API process; 0 is no limit. Each process counts for
    itself."""
    rate_limit_burst: int = Field(default=2000, ge=1, le=10_000_000)
    """How many of them may come at once, after a rest."""
    inbound_webhook_secret: SecretStr | None = None
    """Signs the mail that is handed over. Several with commas between them: each is accepted, while one replaces
    another."""

    public_url: HttpUrl | None = None
    """Where people and mail clients reach the API: unsubscribe links, opens and clicks. Without it mail has none."""
    signing_key: SecretStr | None = Field(default=None, min_length=MIN_KEY)
    """Signs those links: whoever has it can forge them, and without it the ones that were sent lead nowhere. Several
    with commas between them are a ring: the first signs, all verify."""
    secret_keys: SecretStr | None = None
    """Seal mailboxes' passwords and DKIM keys: 32 random bytes in base64, or several such keys and commas between them.
    The first seals, all open."""
    payload_keys: SecretStr | None = None
    """Seal what Temporal keeps of workflows (inputs, results, signals, errors): a ring like `secret_keys`. Without it
    they are kept as they are."""
    codec_server_host: str = "127.0.0.1"
    """The address on which `cadenza codec-server` listens, which opens payloads for Temporal's web UI."""
    codec_server_port: int = Field(default=8234, ge=0, le=65535)
    """Its port; 0 takes one that is free."""
    codec_server_key: SecretStr | None = Field(default=None, min_length=MIN_KEY)
    """Whoever asks the codec server must have it; needed where that is not on loopback."""
    mail_allow_private: bool = False
    """Lets mailboxes' own servers be at private and loopback addresses, without TLS too. Never in production."""
    webhook_allow_private: bool = False
    """Lets webhooks reach private and loopback addresses, over plain http too. Never in production."""

    task_queue: str = "cadenza"
    """The task queue in Temporal, the same for the API and its workers; also the name of the deployment that build IDs
    belong to."""
    build_id: str | None = Field(default=None, max_length=255)
    """The release whose code a worker runs. With it leads come to the worker only while `cadenza deploy` sends them
    there; a worker without one takes whatever no such version is to have."""
    temporal_ui_url: str | None = None
    """Temporal's web UI, for links to a lead's workflow."""
    web_dir: Path = Path(__file__).parent.parent / "web" / "dist"
    """The built web app (`make web`). The API serves it at `/` if it is there."""

    log_retention_months: int = Field(default=0, ge=0, le=1200)
    """How many whole months of the execution log are kept before the present one; 0 keeps all."""

    log_format: Literal["text", "json"] = "text"
    """Log lines as people read them, or each a JSON object, with the tenant, the enrollment and the request it is
    about."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where a worker tells its numbers and its health (`/metrics`, `/readyz`); nowhere if it is not set. The workers of
    `--processes` take this port and those after it."""
    metrics_host: str = "127.0.0.1"
    """The address that `metrics_port` is opened on: by default only this machine's own programs reach it."""
    otel: bool = False
    """Sends traces to where `OTEL_*` says (cadenza/runtime/tracing.py)."""

    dev: bool = False
    """Serves `/dev/*`: the captured mail, replies and bounces by hand, fast-forward. Never in production."""
    fault_point: str | None = None
    """Kills this process at a named moment, to see what survives: `after_250`, or `after_250:3` for the third time
    (services/fault_points.py). Refused unless `dev` is set."""
    capture_dir: Path | None = None
    """Where `cadenza capture` keeps the mail that `/dev/outbox` shows."""
    home: Path = Path(".cadenza")
    """Where `cadenza up` keeps its data and `run.json`, by which the command line finds it."""
    bootstrap_key: SecretStr | None = None
    """The API key that `cadenza bootstrap` gives the first tenant."""
    postal_address: str = Field(default=EXAMPLE_ADDRESS, max_length=1000)
    """What `cadenza up` and `cadenza bootstrap` give the first tenant, if that has none: every email carries it."""
    temporal_bin: Path | None = None
    """The program that `cadenza up` runs as Temporal's dev server, when it is to be none of those it finds."""

    @field_validator("build_id")
    @classmethod
    def _names_a_deployment(cls, build_id: str | None, others: ValidationInfo) -> str | None:
        if build_id is not None and any(one in others.data.get("task_queue", "") for one in NOT_IN_DEPLOYMENTS):
            raise ValueError("its deployment is named after CADENZA_TASK_QUEUE, which then has no . and no :")
        return build_id

    @field_validator("fault_point")
    @classmethod
    def _in_development_only(cls, fault_point: str | None, fields: ValidationInfo) -> str | None:
        if fault_point is not None:
            if not fields.data.get("dev"):
                raise ValueError("kills this process, and is for development only: set CADENZA_DEV=true, or unset it")
            fault_points.parse(fault_point)
        return fault_point

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        secret, key = self.inbound_webhook_secret, self.signing_key
        if secret is not None and not all(is_secret(one.strip()) for one in secret.get_secret_value().split(",")):
            raise ValueError(
                "CADENZA_INBOUND_WEBHOOK_SECRET is whsec_ and at least 24 bytes in base64; several have commas between"
            )
        if key is not None and any(len(one) < MIN_KEY for one in ring(key.get_secret_value())):
            raise ValueError(f"CADENZA_SIGNING_KEY: each of several keys has at least {MIN_KEY} characters")
        for url in (self.database_url, self.migration_database_url):
            if url is not None:
                asyncpg_url(url)
        for name, make in (("SECRET", self.secret_box), ("PAYLOAD", self.payload_ring)):
            try:
                make()
            except ValueError as error:
                raise ValueError(f"CADENZA_{name}_KEYS: {error}; several have commas between them") from None
        return self

    def secret_box(self) -> SecretBox:
        """What seals and opens the secrets of tenants; one without keys where none are set."""
        return SecretBox(_keys(self.secret_keys))

    def payload_ring(self) -> PayloadKeys:
        """What seals and opens what Temporal keeps; one without keys where none are set."""
        return PayloadKeys(_keys(self.payload_keys))

    def arm_fault_point(self) -> None:
        """From now on this process dies where `fault_point` says, if it says anything."""
        if self.fault_point is not None:
            fault_points.arm(*fault_points.parse(self.fault_point))

    def links(self) -> Links | None:
        """The links in mail; None where nobody said how they lead here. `StartError` for half of what they need."""
        if self.public_url is None:
            return None
        if self.signing_key is None:
            raise StartError(unset("signing_key", "the output of `openssl rand -base64 32`"))
        if self.public_url.scheme != "https" and self.public_url.host not in LOOPBACK_HOSTS and not self.dev:
            # RFC 8058 section 3.1: mail clients offer one-click for HTTPS only, and a link in the clear can be read.
            raise StartError("CADENZA_PUBLIC_URL must begin with https:// (but on this machine, and in development)")
        return Links(str(self.public_url), self.signing_key.get_secret_value())

    def app_database_url(self) -> str:
        """The app role's URL, for SQLAlchemy. `StartError` names the variable when it is unset."""
        if self.database_url is None:
            raise StartError(unset("database_url", "postgresql://cadenza_app:PASSWORD@HOST/cadenza"))
        return asyncpg_url(self.database_url)

    def smtp_server(self) -> SmtpServer | None:
        """Where mail of mailboxes is handed over that have no server of their own; None where nobody said."""
        if self.smtp_host is None:
            return None
        return SmtpServer(
            host=self.smtp_host,
            port=self.smtp_port,
            username=self.smtp_username,
            password=self.smtp_password.get_secret_value() if self.smtp_password else None,
            security=self.smtp_security,
        )

    def owner_database_url(self) -> str:
        """The owner role's URL, as it was given. `StartError` names the variable when it is unset."""
        url = self.migration_database_url or self.database_url
        if url is None:
            raise StartError(unset("migration_database_url", "postgresql://cadenza_owner:PASSWORD@HOST/cadenza"))
        return url


def load_settings() -> Settings:
    """Read the environment. `StartError` names each variable that cannot be read, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(_describe(problem["loc"], problem["msg"]) for problem in error.errors())
        raise StartError(problems) from None


def unset(field: str, example: str) -> str:
    """The line for a setting that is needed and was not given."""
    return f"CADENZA_{field.upper()} is not set. Set it, for example to {example}"


def asyncpg_url(url: str) -> str:
    """`postgresql://...` as SQLAlchemy's asyncpg driver wants it; libpq's `sslmode` becomes asyncpg's `ssl`.

    Raises `ValueError` for anything else; the message does not repeat the URL, since it may hold a password.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ValueError("a database URL looks like postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    if scheme not in ("postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError(f"a database URL starts with postgresql://, not {scheme}://")
    address, _, query = rest.partition("?")
    pairs = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(query)]
    return f"postgresql+asyncpg://{address}" + (f"?{urlencode(pairs)}" if pairs else "")


def _keys(written: SecretStr | None) -> list[str]:
    keys = written.get_secret_value().split(",") if written else []
    return [key for key in keys if key.strip()]


def _describe(location: tuple[int | str, ...], message: str) -> str:
    variable = "CADENZA_" + str(location[0]).upper() if location else "CADENZA_DATABASE_URL"
    return f"{variable}: {message.removeprefix('Value error, ')}"
