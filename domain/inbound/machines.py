"""Decides whether a link or picture of an email was requested by a person, or by a machine on the way to one.

Each sign of a machine is one small rule with a name. An event that a machine caused stores the name of its rule. There
are no rules for people: a request that no rule matches is a person's. That includes the proxies that fetch at the
moment when somebody looks: Gmail's (`GoogleImageProxy`), Yahoo's (`YahooMailProxy`), and Outlook itself.

IP addresses are not used. Those of Apple's proxies do not separate machines from people: the list that Apple publishes
(mask-api.icloud.com/egress-ip-ranges.csv) is that of iCloud Private Relay, through which people browse, too. And a
server behind a proxy of its own sees none of these addresses.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

OPEN_TOO_SOON: Final = timedelta(seconds=3)
CLICK_TOO_SOON: Final = timedelta(seconds=10)
"""Time since the recipient's server accepted the message. Within it, nobody can have read the message, chosen a link
and clicked it."""
AT_ONCE: Final = timedelta(seconds=3)
"""Two different links of one message that are followed within this time were followed by a program that follows all."""

Deed = Literal["open", "click"]

_BARE: Final = "Mozilla/5.0"
_GMAIL_PREFETCH: Final = "Edge/12.246 Mozilla/5.0"
# `bot` at the end of a word, except in the name of the telephone maker Cubot.
_NAMES_ITSELF: Final = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|prefetch|preview|scanner|monitor\b|safelinks|barracuda|mimecast|proofpoint|"
    r"symantec|trendmicro|fireeye|ironport|sophos|forcepoint|cloudmark|facebookexternalhit|headlesschrome|phantomjs",
    re.IGNORECASE,
)
_LIBRARY: Final = re.compile(
    r"\b(curl|wget|aiohttp|axios|node-fetch|undici|libwww-perl|guzzlehttp)\b|\bpython-|go-http-client|\bjava/|"
    r"apache-httpclient|postmanruntime|windowspowershell",
    re.IGNORECASE,
)
_AHEAD_OF_TIME: Final = re.compile(r"prefetch|preview|prerender", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request for a picture or a link of a message."""

    deed: Deed
    method: str
    user_agent: str
    purpose: str = ""
    """The values of the headers `Sec-Purpose`, `Purpose`, `X-Purpose` and `X-Moz`, joined."""
    after_delivery: timedelta | None = None
    """On the enrollment's clock; None if it is not known."""
    beside_another_link: bool = False
    """Another link of the message was followed within `AT_ONCE`."""


def head_request(fetch: Fetch) -> bool:
    """The request only asks where the link leads. No browser follows a link in this way."""
    return fetch.method == "HEAD"


def announced_prefetch(fetch: Fetch) -> bool:
    """The request itself says that nobody may ever see the answer (WICG Nav Speculation, `Sec-Purpose`; Firefox's
    `X-Moz`; Safari's `X-Purpose: preview`)."""
    return _AHEAD_OF_TIME.search(fetch.purpose) is not None


def no_user_agent(fetch: Fetch) -> bool:
    """Every browser, and every mail program that people use, sends a User-Agent."""
    return not fetch.user_agent


def names_itself(fetch: Fetch) -> bool:
    """A crawler, a link preview, or a security gateway that identifies itself in its User-Agent."""
    return _NAMES_ITSELF.search(fetch.user_agent) is not None


def http_library(fetch: Fetch) -> bool:
    """A script: the User-Agent is that of an HTTP library."""
    return _LIBRARY.search(fetch.user_agent) is not None


def apple_mail_privacy(fetch: Fetch) -> bool:
    """Apple Mail Privacy Protection (iOS 15, macOS 12) loads every picture soon after the message arrives, whether or
    not it is read. Its proxies send `Mozilla/5.0` and nothing more. An open by a person looks the same, so it is not
    counted."""
    return fetch.user_agent == _BARE


def gmail_prefetch(fetch: Fetch) -> bool:
    """Gmail fetches pictures in advance while its app is open, with a User-Agent that no browser has (SparkPost,
    "Update on the Gmail App Prefetching Images", January 2022). When a person looks at the message, `GoogleImageProxy`
    makes another request."""
    return fetch.user_agent.endswith(_GMAIL_PREFETCH)


def seconds_after_delivery(fetch: Fetch) -> bool:
    """A gateway reads the message before its recipient can do so."""
    limit = OPEN_TOO_SOON if fetch.deed == "open" else CLICK_TOO_SOON
    return fetch.after_delivery is not None and fetch.after_delivery < limit


def every_link_at_once(fetch: Fetch) -> bool:
    """A scanner follows all links of a message. In everything else it looks like a person."""
    return fetch.deed == "click" and fetch.beside_another_link


EVERY_LINK_AT_ONCE: Final = "every_link_at_once"
RULES: Final[dict[str, Callable[[Fetch], bool]]] = {
    "head_request": head_request,
    "announced_prefetch": announced_prefetch,
    "no_user_agent": no_user_agent,
    "names_itself": names_itself,
    "http_library": http_library,
    "apple_mail_privacy": apple_mail_privacy,
    "gmail_prefetch": gmail_prefetch,
    "seconds_after_delivery": seconds_after_delivery,
    EVERY_LINK_AT_ONCE: every_link_at_once,
}
"""In the order in which they are tried. An event stores the name of the first rule that matches, so the names must not
change."""


def machine_rule(fetch: Fetch) -> str | None:
    """Returns the name of the rule that makes the request a machine's; None for a person's."""
    return next((name for name, holds in RULES.items() if holds(fetch)), None)
