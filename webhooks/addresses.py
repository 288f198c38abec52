"""Which URLs and which addresses may be called: the public internet, and nothing of our own network.

A tenant writes the URL, and our servers call it: without this it would reach whatever they can reach (server-side
request forgery).
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from domain.errors import DomainError

MAX_URL = 2000
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})

# IPv6 addresses that carry an IPv4 address, which is where they lead (RFC 6052, RFC 8215).
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_RELAYS = IPv4Network("192.88.99.0/24")


class WebhookFailed(DomainError):
    """The call was made and did not succeed, or could not be made. Worth trying again."""

    code: ClassVar[str] = "webhook_failed"
    status: ClassVar[int] = 502
    title: ClassVar[str] = "The webhook could not be delivered"

    def __init__(self, detail: str = "", *, status_code: int | None = None) -> None:
        super().__init__(detail, extra={"status_code": status_code} if status_code else None)
        self.status_code = status_code


class WebhookUrlInvalid(WebhookFailed):
    code = "webhook_url_invalid"
    status = 422
    title = "The URL is not one that webhooks are sent to"


class WebhookAddressRefused(WebhookFailed):
    """Private, loopback, link-local, multicast, reserved: also when only DNS says so."""

    code = "webhook_address_refused"
    status = 422
    title = "The URL leads into a private network"


class WebhookRedirected(WebhookFailed):
    """A redirect is never followed: it could lead anywhere, and a POST would arrive as a GET."""

    code = "webhook_redirected"
    title = "The receiver answered with a redirect, which is not followed"


def checked_url(url: str, *, allow_private: bool, https_only: bool = False) -> SplitResult:
    """The URL in its parts. Raises WebhookUrlInvalid, and WebhookAddressRefused for an address written in it.

    With `allow_private` (development) loopback and private addresses, plain http and any port are fine.
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
    literal = _literal(parts.hostname)
    if literal is not None:
        refuse_private(literal, allow_private=allow_private)
    return parts


def refuse_private(address: str, *, allow_private: bool) -> None:
    """Raises WebhookAddressRefused unless the address is one of the public internet."""
    ip = _innermost(ip_address(address.partition("%")[0]))
    if _is_public(ip):
        return
    never = ip.is_multicast or ip.is_unspecified or ip.is_link_local or (ip.is_reserved and not ip.is_loopback)
    if not allow_private or never or not (ip.is_private or ip.is_loopback):
        raise WebhookAddressRefused("webhooks go to public addresses only")


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address leads to, if any."""
    if isinstance(ip, IPv4Address):
        return ip
    embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if embedded is not None:
        return embedded
    if any(ip in network for network in _NAT64) or (ip in _COMPATIBLE and int(ip) > 1):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    # is_global leaves out private, loopback, link-local, shared (CGNAT), documentation and benchmarking networks.
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return ip not in _RELAYS if isinstance(ip, IPv4Address) else not ip.is_site_local


def _literal(host: str) -> str | None:
    """The address that a host name is, in any of the forms that resolvers take: `127.0.0.1`, `2130706433`, `::1`."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
