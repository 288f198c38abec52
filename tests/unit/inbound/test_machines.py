"""Requests for links in mail: those of machines are recognised, with the rule; those of people are not mistaken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.inbound.machines import Deed, Fetch, machine_rule

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36"
PERSON = Fetch("click", "GET", CHROME, after_delivery=timedelta(hours=2))

PEOPLE = [
    CHROME,
    f"{CHROME} Edg/126.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko)",  # Apple Mail, unprotected
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17628; Pro)",
    "Outlook-iOS/2.0",
    f"Mozilla/5.0 (Linux; Android 13; CUBOT P80) {WEBKIT} Chrome/120.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/42.0.2311.135 Safari/537.36 Edge/12.246",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0)",
]
MACHINES = {
    "apple_mail_privacy": ["Mozilla/5.0"],
    "gmail_prefetch": [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
        "Safari/537.36 Edge/12.246 Mozilla/5.0"
    ],
    "names_itself": [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Barracuda Sentinel (EE)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "facebookexternalhit/1.1",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0",
    ],
    "http_library": [
        "curl/8.5.0",
        "Wget/1.21.4",
        "python-requests/2.32",
        "python-httpx/0.28.1",
        "Go-http-client/2.0",
        "Java/17.0.1",
        "Apache-HttpClient/4.5.13 (Java/11)",
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1",
    ],
    "no_user_agent": [""],
}


@pytest.mark.parametrize("deed", ["open", "click"])
@pytest.mark.parametrize("agent", PEOPLE)
def test_people_and_image_proxies_are_not_machines(deed: Deed, agent: str) -> None:
    assert machine_rule(replace(PERSON, deed=deed, user_agent=agent)) is None


@pytest.mark.parametrize(("rule", "agent"), [(rule, agent) for rule, agents in MACHINES.items() for agent in agents])
def test_machines_are_recognised_by_their_user_agent(rule: str, agent: str) -> None:
    assert machine_rule(replace(PERSON, user_agent=agent)) == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"method": "HEAD"}, "head_request"),
        ({"purpose": "prefetch;prerender"}, "announced_prefetch"),
        ({"purpose": "  Preview"}, "announced_prefetch"),
        ({"beside_another_link": True}, "every_link_at_once"),
        ({"beside_another_link": True, "deed": "open"}, None),
        ({"after_delivery": None}, None),
    ],
)
def test_other_signs_of_machines_are_recognised(changes: dict[str, object], rule: str | None) -> None:
    assert machine_rule(replace(PERSON, **changes)) == rule  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("deed", "seconds", "machine"),
    [("open", 2.99, True), ("open", 3, False), ("click", 9.99, True), ("click", 10, False), ("open", -60, True)],
)
def test_requests_within_seconds_of_delivery_are_from_machines(deed: Deed, seconds: float, machine: bool) -> None:
    fetch = replace(PERSON, deed=deed, after_delivery=timedelta(seconds=seconds))
    assert machine_rule(fetch) == ("seconds_after_delivery" if machine else None)
