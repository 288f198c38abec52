"""The headers by which mail programs unsubscribe a reader: List-Unsubscribe (RFC 2369) and one-click (RFC 8058)."""

from urllib.parse import quote

from mail.links import MessageLinks


def unsubscribe_headers(links: MessageLinks | None, watched_address: str | None) -> dict[str, str]:
    """Returns List-Unsubscribe and List-Unsubscribe-Post; empty if there is neither a link nor an address.

    `watched_address` is the mailbox's address if its inbox is read: then a mail that says "unsubscribe" works, too.

    There is at most one HTTPS link, and it comes first: the client POSTs to that one (RFC 8058 section 3.1).
    """
    uris = [f"<{links.unsubscribe}>"] if links else []
    if watched_address:
        # Quote everything but the @ (RFC 6068): other characters of a local part would be read as part of the URI.
        uris.append(f"<mailto:{quote(watched_address, safe='@')}?subject=unsubscribe>")
    headers = {"List-Unsubscribe": ", ".join(uris)} if uris else {}
    if links:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
