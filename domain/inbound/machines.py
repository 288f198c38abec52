"""Whether a link in mail was fetched by a person, or by a machine on the way to one.

One small rule for each sign, named: an event that a machine caused says which rule told. What speaks for a person is
not listed: a request that no rule knows is a person's, among them the proxies that fetch when somebody looks:
Gmail's (`GoogleImageProxy`), Yahoo's (`YahooMailProxy`), Outlook's own program.

Addresses are no sign here. Apple's proxies are not told from people by theirs: the list that Apple publishes
(mask-api.icloud.com/egress-ip-ranges.csv) is of iCloud Private Relay, through which people browse as well, and a
server behind a proxy of its own sees neither.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

OPEN_TOO_SOON: Final = timedelta(seconds=3)
CLICK_TOO_SOON: Final = timedelta(seconds=10)
"""After the message was taken by the recipient's server. Nobody has read it, chosen a link and pressed it by then."""
AT_ONCE: Final = timedelta(seconds=3)
"""Two different links of one message within this time were followed by something that follows them all."""

Deed = Literal["open", "click"]

_BARE: Final = "Mozilla/5.0"
_GMAIL_PREFETCH: Final = "Edge/12.246 Mozilla/5.0"
# `bot` at the end of a word, but not that of a maker of telephones.
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
    """One request for a picture or a link of one message."""

    deed: Deed
    method: str
    user_agent: str
    purpose: str = ""
    """What the headers `Sec-Purpose`, `Purpose`, `X-Purpose` and `X-Moz` say, joined."""
    after_delivery: timedelta | None = None
    """On the enrollment's clock; None where it is not known."""
    beside_another_link: bool = False
    """Another link of the message was followed within `AT_ONCE`."""


def head_request(fetch: Fetch) -> bool:
    """Looks where a link leads without going there. No browser follows a link so."""
    return fetch.method == "HEAD"


def announced_prefetch(fetch: Fetch) -> bool:
    """The request says itself that nobody may ever see the answer (WICG Nav Speculation, `Sec-Purpose`; Firefox's
    `X-Moz`; Safari's `X-Purpose: preview`)."""
    return _AHEAD_OF_TIME.search(fetch.purpose) is not None


def no_user_agent(fetch: Fetch) -> bool:
    """Every browser and every mail program that people read with names itself."""
    return not fetch.user_agent


def names_itself(fetch: Fetch) -> bool:
    """A crawler, a link preview, a security gateway whose User-Agent says so."""
    return _NAMES_ITSELF.search(fetch.user_agent) is not None


def http_library(fetch: Fetch) -> bool:
    """A script: the User-Agent is that of a library that it was written with."""
    return _LIBRARY.search(fetch.user_agent) is not None


def apple_mail_privacy(fetch: Fetch) -> bool:
    """Apple Mail Privacy Protection (iOS 15, macOS 12) loads every picture soon after the message arrives, read or
    not, through proxies that say `Mozilla/5.0` and nothing more. An open by a person looks the same, and is lost."""
    return fetch.user_agent == _BARE


def gmail_prefetch(fetch: Fetch) -> bool:
    """Gmail fetches pictures ahead while its app is open, and says so by a User-Agent that no browser has (SparkPost,
    "Update on the Gmail App Prefetching Images", January 2022). A look at the message is another request, by
    `GoogleImageProxy`."""
    return fetch.user_agent.endswith(_GMAIL_PREFETCH)


def seconds_after_delivery(fetch: Fetch) -> bool:
    """A gateway reads the message before its recipient can."""
    limit = OPEN_TOO_SOON if fetch.deed == "open" else CLICK_TOO_SOON
    return fetch.after_delivery is not None and fetch.after_delivery < limit


def every_link_at_once(fetch: Fetch) -> bool:
    """A scanner follows all the links there are; it looks like a person in everything else."""
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
"""By name, in the order in which they are asked. An event stores the name of the first that holds: keep the names."""


def machine_rule(fetch: Fetch) -> str | None:
    """The name of the rule by which the request was a machine's; None for a person's."""
    return next((name for name, holds in RULES.items() if holds(fetch)), None)
