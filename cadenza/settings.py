"""The program's settings, read from `CADENZA_*`. Only `cadenza/` and `api/app.py` see them.

The address of Temporal is not a setting: it comes from Temporal's own `TEMPORAL_*` and profile files
(cadenza/runtime/temporal_client.py).
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
from mail.links import Links, ring
from mail.smtp.server import SmtpServer
from services import fault_points
from services.secret_box import SecretBox
from webhooks.signing import is_secret

SmtpSecurity = Literal["none", "starttls", "tls"]

MIN_KEY = 32
# Temporal does not allow these in the names of deployments.
NOT_IN_DEPLOYMENTS = ".:"

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
USUAL_SMTP_PORT: dict[SmtpSecurity, int] = {"none": 25, "starttls": 587, "tls": 465}


class Settings(BaseSettings):
    """One process's settings. Each field is the variable of its name: `api_port` is `CADENZA_API_PORT`."""

    model_config = SettingsConfigDict(env_prefix="CADENZA_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str | None = Field(default=None, repr=False)
    """The database, under the app's role, which owns nothing and cannot bypass row level security."""
    migration_database_url: str | None = Field(default=None, repr=False)
    """The database, under the owner's role, for `cadenza migrate`. Default: `database_url`."""

    smtp_host: str | None = None
    """The mail server for mailboxes that have none of their own."""
    smtp_security: SmtpSecurity = "none"
    """The encryption of the connection to that server."""
    smtp_port: int = Field(default_factory=lambda fields: USUAL_SMTP_PORT[fields["smtp_security"]], ge=1, le=65535)
    """The port of that server. Default: 25, with `starttls` 587, with `tls` 465."""
    smtp_username: str | None = None
    """The user name at that server, if it asks for one."""
    smtp_password: SecretStr | None = None
    """The password of that user."""

    api_host: str = "127.0.0.1"
    """The address on which the API listens."""
    api_port: int = Field(default=8000, ge=0, le=65535)
    """The port on which the API listens; 0 takes a free one."""
    rate_limit_per_second: float = Field(default=100.0, ge=0, le=1_000_000)
    """How many requests a second each API key and each person may make; 0 is no limit. Each API process counts for
    itself."""
    rate_limit_burst: int = Field(default=2000, ge=1, le=10_000_000)
    """How many requests may come at once, after a pause."""
    inbound_webhook_secret: SecretStr | None = None
    """The secret that signs requests with inbound mail. Of several with commas between them each is accepted, so that
    one can replace another."""

    public_url: HttpUrl | None = None
    """The address at which people and mail clients reach the API. Without it mail has no unsubscribe links, and no
    opens or clicks are counted."""
    signing_key: SecretStr | None = Field(default=None, min_length=MIN_KEY)
    """The key that signs the links in mail. Whoever has it can forge links; without it the links in sent mail do not
    work. Several with commas between them are a ring: the first signs, all verify."""
    secret_keys: SecretStr | None = None
    """The keys that encrypt mailboxes' passwords and DKIM keys: 32 random bytes in base64, or several such keys with
    commas between them. The first encrypts, all decrypt."""
    payload_keys: SecretStr | None = None
    """The keys that encrypt what Temporal stores of workflows (inputs, results, signals, errors): a ring like
    `secret_keys`. Without them nothing is encrypted."""
    codec_server_host: str = "127.0.0.1"
    """The address on which `cadenza codec-server` listens. It decrypts payloads for Temporal's web UI."""
    codec_server_port: int = Field(default=8234, ge=0, le=65535)
    """The port on which the codec server listens; 0 takes a free one."""
    codec_server_key: SecretStr | None = Field(default=None, min_length=MIN_KEY)
    """The key that callers of the codec server must send. Required if it does not listen on loopback."""
    mail_allow_private: bool = False
    """Allows mailboxes' own servers at private and loopback addresses, also without TLS. Never in production."""
    webhook_allow_private: bool = False
    """Allows webhooks to private and loopback addresses, also over plain http. Never in production."""

    task_queue: str = "cadenza"
    """The task queue in Temporal, the same for the API and its workers. It is also the name of the deployment to which
    build IDs belong."""
    build_id: str | None = Field(default=None, max_length=255)
    """The release whose code a worker runs. Such a worker gets leads only while `cadenza deploy` sends them there. A
    worker without a build ID takes all leads that are not sent to a version."""
    temporal_ui_url: str | None = None
    """The address of Temporal's web UI, for links to workflows."""
    web_dir: Path = Path(__file__).parent.parent / "web" / "dist"
    """The folder of the built web app (`make web`). The API serves it at `/` if the folder exists."""

    log_retention_months: int = Field(default=0, ge=0, le=1200)
    """How many whole months of the execution log are kept before the present month; 0 keeps all."""

    log_format: Literal["text", "json"] = "text"
    """The form of log lines: text for people, or one JSON object each, with the IDs of the tenant, the enrollment and
    the request."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """The port of a worker's metrics and health (`/metrics`, `/readyz`); without it there is none. With `--processes`
    the workers take this port and the following ones."""
    metrics_host: str = "127.0.0.1"
    """The address on which `metrics_port` listens. By default only programs on this machine can reach it."""
    otel: bool = False
    """Sends traces to the address in OpenTelemetry's own `OTEL_*` variables (cadenza/runtime/tracing.py)."""

    dev: bool = False
    """Serves `/dev/*`: captured mail, simulated replies and bounces, fast-forward. Never in production."""
    fault_point: str | None = None
    """Kills this process at a named moment, to test what survives: `after_250`, or `after_250:3` for the third time
    (services/fault_points.py). Refused unless `dev` is set."""
    capture_dir: Path | None = None
    """The folder in which `cadenza capture` keeps the mail that `/dev/outbox` shows."""
    home: Path = Path(".cadenza")
    """The folder in which `cadenza up` keeps its data and `run.json`. The command line finds the API by that file."""
    bootstrap_key: SecretStr | None = None
    """The API key that `cadenza bootstrap` gives the first tenant."""
    postal_address: str = Field(default=EXAMPLE_ADDRESS, max_length=1000)
    """The postal address that `cadenza up` and `cadenza bootstrap` give the first tenant, if it has none. Every email
    shows it."""
    temporal_bin: Path | None = None
    """The program that `cadenza up` runs as Temporal's dev server, instead of the one that it finds."""

    @field_validator("build_id")
    @classmethod
    def _names_a_deployment(cls, build_id: str | None, others: ValidationInfo) -> str | None:
        if build_id is not None and any(one in others.data.get("task_queue", "") for one in NOT_IN_DEPLOYMENTS):
            raise ValueError("its deployment is named after CADENZA_TASK_QUEUE, which then must not contain . or :")
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
                "CADENZA_INBOUND_WEBHOOK_SECRET is whsec_ and at least 24 bytes in base64; put commas between several"
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
                raise ValueError(f"CADENZA_{name}_KEYS: {error}; put commas between several keys") from None
        return self

    def secret_box(self) -> SecretBox:
        """Encrypts and decrypts the secrets of tenants. It has no keys if none are set."""
        return SecretBox(_keys(self.secret_keys))

    def payload_ring(self) -> PayloadKeys:
        """Encrypts and decrypts payloads in Temporal. It has no keys if none are set."""
        return PayloadKeys(_keys(self.payload_keys))

    def arm_fault_point(self) -> None:
        """From now on this process dies at the `fault_point`, if one is set."""
        if self.fault_point is not None:
            fault_points.arm(*fault_points.parse(self.fault_point))

    def links(self) -> Links | None:
        """The links in mail; None without `public_url`. Raises StartError without `signing_key`, or for plain http."""
        if self.public_url is None:
            return None
        if self.signing_key is None:
            raise StartError(unset("signing_key", "the output of `openssl rand -base64 32`"))
        if self.public_url.scheme != "https" and self.public_url.host not in LOOPBACK_HOSTS and not self.dev:
            # RFC 8058 section 3.1: mail clients offer one-click for HTTPS only, and anybody can read a link sent over
            # http.
            raise StartError("CADENZA_PUBLIC_URL must begin with https:// (except on this machine, and in development)")
        return Links(str(self.public_url), self.signing_key.get_secret_value())

    def app_database_url(self) -> str:
        """The app role's URL, for SQLAlchemy. `StartError` names the variable when it is unset."""
        if self.database_url is None:
            raise StartError(unset("database_url", "postgresql://cadenza_app:PASSWORD@HOST/cadenza"))
        return asyncpg_url(self.database_url)

    def smtp_server(self) -> SmtpServer | None:
        """The mail server for mailboxes that have none of their own; None without `smtp_host`."""
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
        """The owner role's URL, unchanged. `StartError` names the variable when it is unset."""
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
    """The message for a setting that is required and was not given."""
    return f"CADENZA_{field.upper()} is not set. Set it, for example to {example}"


def asyncpg_url(url: str) -> str:
    """`postgresql://...` as SQLAlchemy's asyncpg driver wants it; libpq's `sslmode` becomes asyncpg's `ssl`.

    Raises `ValueError` for anything else. The message does not repeat the URL, which may contain a password.
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
