"""Recognises mail that is not an action of a lead: servers' notices, receipts, calendar messages, newsletters."""

import re

from mail.inbound.message import ParsedMessage, decoded, parameter
from mail.inbound.references import References

_RECEIPT_SUBJECT = re.compile(
    r"^(?:read|not read|gelesen|ungelesen|lu|non lu|le[ií]do|no le[ií]do|lida|lido|n[ãa]o lida|gelezen|niet gelezen"
    r"|letto|non letto"
    r"|delivered|zugestellt|remis|entregado|entregue|bezorgd|recapitato|recall|abruf|開封済み|開封確認|配信済み)\s?[:：]",
    re.IGNORECASE,
)
_METHOD = re.compile(r"^METHOD:[ \t]?([A-Z]{3,12})", re.MULTILINE | re.IGNORECASE)


def read_noise(mail: ParsedMessage, references: References) -> str | None:
    """Returns the name of the rule that matched; None if the message is not noise."""
    for rule, applies in (
        ("daemon", _daemon),
        ("receipt", _receipt),
        ("calendar", _calendar),
        ("newsletter", _newsletter),
    ):
        if applies(mail, references):
            return rule
    return None


def _daemon(mail: ParsedMessage, _references: References) -> bool:
    """A mail server's notice that no bounce rule has recognised. It is never from a person."""
    return (mail.sender or "").partition("@")[0] in ("mailer-daemon", "postmaster", "mail-daemon", "double-bounce")


def _receipt(mail: ParsedMessage, _references: References) -> bool:
    """Read receipts (RFC 8098), and those of Exchange."""
    if any(part.get_content_type().endswith("disposition-notification") for part in mail.parts):
        return True
    return mail.message.get_content_type() == "multipart/report" or (
        _RECEIPT_SUBJECT.match(mail.subject) is not None
        and mail.has("X-MS-Has-Attach", "Thread-Index")
        and len(mail.text) < 600
    )


def _calendar(mail: ParsedMessage, references: References) -> bool:
    """Invitations and the answers of calendars to them (RFC 6047). An invitation in answer to our email is a reply."""
    for part in mail.parts:
        if part.get_content_type() == "text/calendar":
            method = parameter(part, "method").upper()
            if not method:
                found = _METHOD.search(decoded(part)[:5_000])
                method = found[1].upper() if found else ""
            return not (method in ("REQUEST", "PUBLISH") and references.answered)
    return False


def _newsletter(mail: ParsedMessage, references: References) -> bool:
    """Mail to many recipients (RFC 2919, RFC 2369). If it answers our email it is not noise: people answer through
    lists, too."""
    if references.answered or mail.word("Auto-Submitted") == "auto-replied":
        return False
    return mail.has("List-Id", "List-Unsubscribe", "Feedback-ID", "X-Mailchimp-Campaign", "X-CSA-Complaints")
