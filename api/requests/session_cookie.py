"""The session cookie of a browser, and its protection against requests from other sites (CSRF).

Three checks stop such a request. The cookie is `SameSite=Strict`. A request that changes something needs a header that
no form can set, and that a script of another site can set only with CORS, which is not granted here. And where the
browser sends `Sec-Fetch-Site` or `Origin`, it must name this site.
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
    """The request was refused before anything of it was read."""

    code = "csrf_refused"
    status = 403
    title = "The request may come from another site"
    remedy = "Send `X-Cadenza-CSRF: 1` from a page of the API's own origin. A program sends an API key instead."
    retryable = False


def cookie_of(request: Request, config: AppConfig) -> str | None:
    """Returns the session token in the request's cookie, if any."""
    return request.cookies.get(_name(config))


def give_cookie(response: Response, config: AppConfig, token: str) -> None:
    _set(response, config, token, MAX_AGE_SECONDS)


def take_cookie(response: Response, config: AppConfig) -> None:
    _set(response, config, "", 0)


def refuse_other_sites(request: Request, config: AppConfig) -> None:
    """Call this before a cookie is accepted or set. Raises CsrfRefused."""
    if request.method in _SAFE:
        return
    if request.headers.get(CSRF_HEADER) != "1":
        raise CsrfRefused(f"send the header `{CSRF_HEADER}: 1`")
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise CsrfRefused("`Sec-Fetch-Site` names another origin")
    origin = request.headers.get("Origin")
    own_hosts = {request.headers.get("Host", "").lower(), _host(config.public_url or "")} - {""}
    if origin is not None and _host(origin) not in own_hosts:
        raise CsrfRefused("`Origin` names another origin")


def _set(response: Response, config: AppConfig, value: str, max_age: int) -> None:
    response.set_cookie(
        _name(config), value, max_age=max_age, path="/", secure=_is_secure(config), httponly=True, samesite="strict"
    )


def _name(config: AppConfig) -> str:
    # Browsers accept a name with this prefix only with Secure and Path=/, and from this exact host. So no other host of
    # the domain can plant a session (RFC 6265bis section 4.1.3.2).
    return f"__Host-{NAME}" if _is_secure(config) else NAME


def _is_secure(config: AppConfig) -> bool:
    return (config.public_url or "").startswith("https://")


def _host(url: str) -> str:
    """Returns host and port, or an empty text for the origin `null` and for invalid URLs (`http://[`). The scheme is
    not compared, because a proxy may terminate TLS."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
