"""The cookie that a browser is known by, and what keeps another site from using it.

Three things stand in the way of a request that another site makes a browser send (CSRF): the cookie is
`SameSite=Strict`; a request that changes something needs a header that no form can set, and no script of another site
without CORS, which is not granted here; and where the browser says from which site it comes, that must be this one.
"""

from urllib.parse import urlsplit

from fastapi import Request, Response

from api.config import AppConfig
from domain.errors import DomainError
from services.access.sessions import MAX_AGE_SECONDS

CSRF_HEADER = "X-Cadenza-CSRF"
NAME = "cadenza_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfRefused(DomainError):
    """Nothing of the request was looked at."""

    code = "csrf_refused"
    status = 403
    title = "The request may come from another site"


def cookie_of(request: Request, config: AppConfig) -> str | None:
    """The token that the browser holds, if any."""
    return request.cookies.get(_name(config))


def give_cookie(response: Response, config: AppConfig, token: str) -> None:
    _set(response, config, token, MAX_AGE_SECONDS)


def take_cookie(response: Response, config: AppConfig) -> None:
    _set(response, config, "", 0)


def refuse_other_sites(request: Request, config: AppConfig) -> None:
    """To be asked before a cookie is believed, or given. Raises CsrfRefused."""
    if request.method in _SAFE:
        return
    if request.headers.get(CSRF_HEADER) != "1":
        raise CsrfRefused(f"send the header `{CSRF_HEADER}: 1`")
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise CsrfRefused("`Sec-Fetch-Site` says that the page is of another origin")
    origin = request.headers.get("Origin")
    ours = {request.headers.get("Host", "").lower(), _host(config.public_url or "")} - {""}
    if origin is not None and _host(origin) not in ours:
        raise CsrfRefused("`Origin` says that the page is of another origin")


def _set(response: Response, config: AppConfig, value: str, max_age: int) -> None:
    response.set_cookie(
        _name(config), value, max_age=max_age, path="/", secure=_is_secure(config), httponly=True, samesite="strict"
    )


def _name(config: AppConfig) -> str:
    # A browser takes a name with this prefix only with Secure and Path=/, and from this very host: no other host of
    # the domain can plant a session (RFC 6265bis section 4.1.3.2).
    return f"__Host-{NAME}" if _is_secure(config) else NAME


def _is_secure(config: AppConfig) -> bool:
    return (config.public_url or "").startswith("https://")


def _host(url: str) -> str:
    """Host and port; empty for the origin `null`, and for what is no URL (`http://[`). The scheme is left out: a proxy
    may speak TLS in front of us."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
