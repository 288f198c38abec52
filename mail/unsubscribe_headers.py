"""How mail clients unsubscribe on behalf of a reader: List-Unsubscribe (RFC 2369) and one-click (RFC 8058)."""

from urllib.parse import quote

from mail.tracking import MessageLinks


def unsubscribe_headers(links: MessageLinks | None, watched_address: str | None) -> dict[str, str]:
    """`watched_address`: the mailbox, where somebody reads what comes back: a mail that says "unsubscribe" does it too.

    One link at most over HTTPS, and first: that is the one that a client POSTs to (RFC 8058 section 3.1).
    """
    uris = [f"<{links.unsubscribe}>"] if links else []
    if watched_address:
        # RFC 6068: whatever else a local part may hold would be read as a part of the URI.
        uris.append(f"<mailto:{quote(watched_address, safe='@')}?subject=unsubscribe>")
    headers = {"List-Unsubscribe": ", ".join(uris)} if uris else {}
    if links:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
