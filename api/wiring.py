"""What a running API holds, made once in `create_app`'s lifespan and found through the request."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from api.config import AppConfig
from api.link_recorder import LinkRecorder
from api.requests.rate_limit import RateLimiter
from api.requests.sign_in_attempts import SignInAttempts
from db.session import Database
from mail.outbox_store import OutboxStore
from mail.tracking import TokenKey
from services.access.passwords import Passwords
from services.dispatch.dispatcher import Dispatcher
from services.observability.gauges import InstallationGauges
from webhooks.client import WebhookClient
from workflows.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Wiring:
    config: AppConfig
    database: Database
    gateway: Gateway
    dispatcher: Dispatcher
    webhooks: WebhookClient
    link_key: TokenKey | None
    """Reads the tokens of links in mail."""
    links: LinkRecorder
    """Records their opens and clicks."""
    outbox: OutboxStore | None
    """The captured mail (development); None where nothing captures."""
    rates: RateLimiter | None
    """How often each key and each person has asked; None where they may as often as they like."""
    gauges: InstallationGauges
    passwords: Passwords
    attempts: SignInAttempts


def wiring(connection: HTTPConnection) -> Wiring:
    return connection.app.state.wiring
