"""Which IP addresses our servers may connect to for a tenant: the public internet, and nothing of our own network.

A tenant enters a host name and our servers connect to it. Without this check, the tenant could reach everything that
our servers can reach (server-side request forgery).
"""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IPv6 prefixes whose addresses contain the IPv4 address to which they lead (RFC 6052). In the prefix 64:ff9b:1::/48
# (RFC 8215) only the local network knows where the IPv4 address is, so none of those addresses counts as public.
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_RELAYS = IPv4Network("192.88.99.0/24")


def may_be_reached(address: str, *, allow_private: bool) -> bool:
    """Whether an IP address belongs to the public internet.

    With `allow_private` (development) loopback and private addresses are permitted, too. Multicast, link-local and
    reserved addresses never are. Raises ValueError for a text that is not an IP address.
    """
    ip = _innermost(ip_address(address.partition("%")[0]))
    if _is_public(ip):
        return True
    never = ip.is_multicast or ip.is_unspecified or ip.is_link_local or (ip.is_reserved and not ip.is_loopback)
    return allow_private and not never and (ip.is_private or ip.is_loopback)


def address_in(host: str) -> str | None:
    """Returns the address if the host name is an IP address, in any notation that resolvers accept: `127.0.0.1`,
    `2130706433`, `::1`."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _innermost(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Returns the IPv4 address to which an IPv6 address leads; the address itself if there is none."""
    if isinstance(ip, IPv4Address):
        return ip
    embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if embedded is not None:
        return embedded
    if ip in _NAT64 or (ip in _COMPATIBLE and int(ip) > 1):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    # is_global excludes private, loopback, link-local, shared (CGNAT), documentation and benchmarking networks.
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return ip not in _RELAYS if isinstance(ip, IPv4Address) else not ip.is_site_local
