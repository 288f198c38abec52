"""Which URLs and addresses webhooks may be sent to: the public internet, never our own network.

A tenant chooses the URL and our servers call it. Without this check the tenant could reach everything that our servers
can reach (server-side request forgery).
"""

from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from domain.errors import DomainError
from domain.public_addresses import address_in, may_be_reached

MAX_URL = 2000
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})


class WebhookFailed(DomainError):
    """The call failed, or could not be made. Another attempt may succeed."""

    code: ClassVar[str] = "webhook_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The webhook could not be delivered"
    remedy: ClassVar[str] = "Check the receiver: it did not answer with a 2xx."

    def __init__(self, detail: str = "", *, status_code: int | None = None) -> None:
        super().__init__(detail, extra={"status_code": status_code} if status_code else None)
        self.status_code = status_code


class WebhookUrlInvalid(WebhookFailed):
    code = "webhook_url_invalid"
    status = 422
    title = "The URL cannot be used for webhooks"
    remedy = "Use an `https` URL without user name and password."
    retryable = False


class WebhookAddressRefused(WebhookFailed):
    """The address is private, loopback, link-local, multicast or reserved, also if a public name resolves to it."""

    code = "webhook_address_refused"
    status = 422
    title = "The URL resolves to a private network"
    remedy = "Use a public address: webhooks do not reach private networks."
    retryable = False


class WebhookRedirected(WebhookFailed):
    """Redirects are never followed: the target is unchecked, and a POST could become a GET."""

    code = "webhook_redirected"
    title = "The receiver answered with a redirect, which is not followed"
    remedy = "Use the URL that the receiver redirects to."


def checked_url(url: str, *, allow_private: bool, https_only: bool = False) -> SplitResult:
    """Returns the parsed URL. Raises WebhookUrlInvalid, and WebhookAddressRefused if its host is a refused IP address.

    `allow_private` (development) permits loopback and private addresses, plain http and any port.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookUrlInvalid("the URL cannot be read") from None
    if len(url) > MAX_URL or not url.isascii() or any(character <= " " for character in url):
        raise WebhookUrlInvalid(f"a URL has at most {MAX_URL} characters, all of them ASCII and none a blank")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WebhookUrlInvalid("a URL begins with https:// and a host name")
    if https_only and parts.scheme != "https" and not allow_private:
        raise WebhookUrlInvalid("the URL must be https://")
    if parts.username is not None or parts.password is not None:
        raise WebhookUrlInvalid("a URL holds no user name and no password")
    if port is not None and port not in PUBLIC_PORTS and not allow_private:
        raise WebhookUrlInvalid(f"the port must be one of {', '.join(map(str, sorted(PUBLIC_PORTS)))}")
    literal = address_in(parts.hostname)
    if literal is not None:
        refuse_private(literal, allow_private=allow_private)
    return parts


def refuse_private(address: str, *, allow_private: bool) -> None:
    """Raises WebhookAddressRefused unless the address is public."""
    if not may_be_reached(address, allow_private=allow_private):
        raise WebhookAddressRefused("webhooks go to public addresses only")
