"""The pages behind the unsubscribe link: plain HTML without scripts and without external resources."""

from html import escape
from typing import Final

from fastapi.responses import HTMLResponse

PRIVATE: Final = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer to a link in mail."""
_HEADERS: Final = {
    **PRIVATE,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
_RETRY_AFTER_SECONDS: Final = "60"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem; color: #1a1a1a;
background: #fff }}
button {{ font: inherit; padding: .75rem 1.5rem; border: 2px solid #1a1a1a; border-radius: .375rem; background: #1a1a1a;
color: #fff; cursor: pointer }}
button:focus-visible {{ outline: 3px solid #0a66c2; outline-offset: 3px }}
</style>
</head>
<body><main>
<h1>{title}</h1>
<p>{text}</p>
{form}</main></body>
</html>
"""
_BUTTON: Final = '<form method="post"><button type="submit">{label}</button></form>\n'


def ask(masked_address: str | None) -> HTMLResponse:
    """Asks for confirmation. `masked_address` is None if it could not be looked up."""
    whose = f" at {escape(masked_address)}" if masked_address else ""
    text = f"Press the button, and you will get no further email from this sender{whose}."
    return _page("Unsubscribe", text, label="Unsubscribe")


def done() -> HTMLResponse:
    return _page("You are unsubscribed", "You will get no further email from this sender.")


def unknown() -> HTMLResponse:
    """The same page for every token that this installation did not sign, so that guessing reveals nothing."""
    text = "It may have been cut off. Open it from the email again, or answer the email and say so."
    return _page("This link is not valid", text, status=404)


def not_now() -> HTMLResponse:
    """Nothing was recorded. The status 503 tells a mail program that unsubscribes by itself (RFC 8058) to retry."""
    text = "You are not unsubscribed yet, because a service is not available. Please try again in a minute."
    page = _page("That did not work", text, label="Try again", status=503)
    page.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    return page


def _page(title: str, text: str, *, label: str | None = None, status: int = 200) -> HTMLResponse:
    form = _BUTTON.format(label=label) if label else ""
    return HTMLResponse(_PAGE.format(title=title, text=text, form=form), status, headers=_HEADERS)
