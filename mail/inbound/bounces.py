"""Recognises bounces. The rules go from machine-readable reports to free text.

Each rule takes the message and returns a `Bounce`, or None if it does not apply. A notice that the server will try
again is not a bounce.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from flufl.bounce import all_failures  # pyright: ignore[reportUnknownVariableType]

from mail.inbound.dsn import ReportedRecipient, read_report
from mail.inbound.message import ParsedMessage, all_addresses, is_from_nobody, read_header
from mail.inbound.statuses import Severity, WhySoft, enhanced_status, severity, why_soft

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_DAEMON = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|mdaemon|maildelivery|mail\.?delivery)[^@]{0,20}@?", re.I
)
# Where the returned message begins in a notice that is a single text.
_RETURNED_BELOW = re.compile(
    r"^[- =]{0,60}(?:below this line is a copy|this is a copy of (?:the|your) message|original message|returned message"
    r"|the header of the original|original message headers|message header follows|unsent message|copy of the message"
    r"|included is a copy|the original message was included|message headers? follow|forwarded message"
    r"|Ursprüngliche Nachrichtenkopfzeilen|En-têtes de message d'origine|Encabezados de mensajes originales"
    r"|Oorspronkelijke berichtkoppen|Intestazioni originali)|^(?:Received|Return-Path|Message-ID):",
    re.IGNORECASE | re.MULTILINE,
)
_SAYS_FAILED = re.compile(
    r"undeliver|(?:an )?error (?:has )?occurred while (?:trying|attempting) to deliver|^action: failed"
    r"|could ?n[o']t be delivered|could not (?:be delivered|deliver)|delivery (?:has |to [^\n]{0,80} |failure|failed)"
    r"|wasn'?t (?:able to deliver|delivered)|was not (?:delivered|able)|unable to deliver|not been delivered"
    r"|returned mail|returning message|failure notice|mail delivery failed|did not reach|permanent(?:ly)? (?:error"
    r"|fail)"
    r"|nicht zugestellt|unzustellbar|konnte nicht|non remis|n'a pas pu [êe]tre|non distribu|no se (?:puede|pudo"
    r"|ha podido)"
    r"|no entregado|n[ãa]o (?:entregue|foi poss[íi]vel|p[ôo]de)|niet (?:worden )?(?:bezorgd|afgeleverd)|onbestelbaar"
    r"|non (?:recapitabile|[èe] stato (?:possibile )?(?:recapit|consegn))|mancato recapito"
    r"|[配送]信(?:できません|不能|に失敗)"
    r"|配信されませんでした|недоставлен|не доставлено",
    re.IGNORECASE,
)
_DAEMON_SUBJECT = re.compile(
    r"undeliver|failure notice|delivery (?:status )?(?:notification|failure|failed|report)|returned mail"
    r"|mail delivery failed"
    r"|could not send mail|unzustellbar|non remis|no se puede entregar|no entregado|n[ãa]o entregue|onbestelbaar"
    r"|non recapitabile|配信不能",
    re.IGNORECASE,
)
_STILL_TRIES = re.compile(
    r"warning message only|will (?:be retried|keep trying|continue (?:to )?try)|do not need to resend|has(?: not yet"
    r"|n't yet)"
    r"|delivery (?:is |has been |status notification \()?delay|still (?:be )?(?:trying|being retried|in the queue)"
    r"|will retry|temporary problem delivering|(?:zustellung|remise|entrega|consegna|bezorging)[^\n]{0,20}(?:verz"
    r"|retard"
    r"|retras|atras|ritard|vertraa)|no action is required|not yet been delivered|could not send (?:message"
    r"|mail) for past",
    re.IGNORECASE,
)
_REPLY_CODE = re.compile(r"(?<![\d.@])(?:[45]\d\d[ \t:-]|[45]\.\d{1,3}\.\d{1,3}\b)")


@dataclass(frozen=True, slots=True)
class Bounce:
    """`severity` None: nothing has bounced; the notice is about a delay, a relay or a success."""

    rule: str
    severity: Severity | None
    status: str = ""
    recipients: tuple[str, ...] = ()
    """Addresses that may have bounced, most likely first, lower case."""
    diagnostic: str = ""

    @property
    def why(self) -> WhySoft | None:
        return why_soft(self.status, self.diagnostic) if self.severity == "soft" else None


def read_bounce(mail: ParsedMessage) -> Bounce | None:
    """Returns the result of the first rule that applies; None if none does."""
    for rule in _RULES:
        if (bounce := rule(mail)) is not None:
            return bounce
    return None


def _delivery_status(mail: ParsedMessage) -> Bounce | None:
    """A delivery status report (RFC 3464): uses its first failure, or else its first recipient."""
    recipients = read_report(mail)
    if not recipients:
        return None
    failed = [one for one in recipients if one.failed]
    one = (failed or recipients)[0]
    if not failed and not (one.action == "" and _reports_failure(mail)):
        return Bounce("delivery_status", None, one.status, _addresses(one, mail))
    words = one.diagnostic or _explanation(mail)
    status = enhanced_status(one.status, one.diagnostic)
    return Bounce("delivery_status", severity(status, words), status, _addresses(one, mail), one.diagnostic)


def _report_without_status(mail: ParsedMessage) -> Bounce | None:
    """A message with the content type of a report but without the machine-readable part."""
    if mail.report_type() != "delivery-status":
        return None
    if not _reports_failure(mail) or _STILL_TRIES.search(mail.subject):
        return Bounce("report_without_status", None)
    return _by_words("report_without_status", mail, _addresses_in(_explanation(mail)))


def _failed_recipients(mail: ParsedMessage) -> Bounce | None:
    """Exim and old Gmail: the header X-Failed-Recipients names the recipients."""
    named = all_addresses(mail.header("X-Failed-Recipients"))
    if not named:
        return None
    if _STILL_TRIES.search(mail.subject):
        return Bounce("x_failed_recipients", None, "", tuple(named))
    return _by_words("x_failed_recipients", mail, named)


def _exchange_notice(mail: ParsedMessage) -> Bounce | None:
    """A notice of Exchange without a report (never written, or removed by a gateway). Its subject may be in any
    language."""
    if not mail.has("X-MS-Exchange-Message-Is-Ndr", "X-MS-Embedded-Report"):
        return None
    return _by_words("exchange_notice", mail, _addresses_in(_explanation(mail)))


def _qmail(mail: ParsedMessage) -> Bounce | None:
    """qmail's notice (QSBMF), `Hi. This is the qmail-send program at ...`, and those derived from it."""
    text = mail.text[:2000]
    if not re.search(
        r"^Hi\. This is the|qmail-send program|^Sorry, we were unable to deliver your message", text, re.M
    ):
        return None
    named = re.search(r"^<([^<>\s]{3,320})>:[ \t]*$", mail.text[:20_000], re.M)
    return _by_words("qmail", mail, [named[1].lower()] if named else _addresses_in(_explanation(mail)))


def _known_shape(mail: ParsedMessage) -> Bounce | None:
    """The formats that `flufl.bounce` knows: those of many servers that follow no standard."""
    if not _is_from_daemon(mail):
        return None
    try:
        temporary, permanent = all_failures(mail.message)
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, OSError):
        return None  # flufl.bounce does not handle every malformed message.
    explanation = _explanation(mail).lower()
    named = sorted(address.decode("ascii", "replace").lower() for address in permanent or temporary)
    if not named:
        return None
    # flufl.bounce sometimes takes a Message-ID for an address: put the addresses that the explanation contains first.
    named.sort(key=lambda address: address not in explanation)
    if _STILL_TRIES.search(mail.subject) or (not permanent and not _reports_failure(mail)):
        return Bounce("known_shape", None, "", tuple(named))
    return _by_words("known_shape", mail, named)


def _daemon_words(mail: ParsedMessage) -> Bounce | None:
    """A notice of a mail server in free text only."""
    if not _is_from_daemon(mail):
        return None
    if _STILL_TRIES.search(mail.subject) or _STILL_TRIES.search(_explanation(mail)):
        return Bounce("daemon_words", None, "", tuple(_addresses_in(_explanation(mail))))
    if not _reports_failure(mail):
        return None
    return _by_words("daemon_words", mail, _addresses_in(_explanation(mail)))


_RULES: tuple[Callable[[ParsedMessage], Bounce | None], ...] = (
    _delivery_status,
    _failed_recipients,
    _report_without_status,
    _exchange_notice,
    _qmail,
    _known_shape,
    _daemon_words,
)


def _by_words(rule: str, mail: ParsedMessage, named: list[str]) -> Bounce:
    words = _coded_lines(_explanation(mail))
    status = enhanced_status(words)
    recipients = tuple(dict.fromkeys([*named, *_returned_to(mail)]))
    return Bounce(rule, severity(status, words), status, recipients, " ".join(words.split())[:1000])


def _addresses(one: ReportedRecipient, mail: ParsedMessage) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*one.addresses, *_returned_to(mail)]))


def _returned_to(mail: ParsedMessage) -> list[str]:
    """The recipients of the returned message."""
    if mail.returned is None:
        return []
    return all_addresses(read_header(mail.returned, "To"))[:5]


def _is_from_daemon(mail: ParsedMessage) -> bool:
    # Check the display name, too: some servers write no usable address.
    sender = mail.header("From")[:300]
    return (
        _DAEMON.search(sender) is not None
        or re.search(r"mail delivery (?:sub)?system|system administrator", sender, re.I) is not None
        or (is_from_nobody(mail) and _DAEMON_SUBJECT.search(mail.subject) is not None)
    )


def _reports_failure(mail: ParsedMessage) -> bool:
    return bool(_SAYS_FAILED.search(mail.subject) or _SAYS_FAILED.search(_explanation(mail)))


def _explanation(mail: ParsedMessage) -> str:
    """The server's explanation, without the returned message."""
    text = mail.text[:20_000]
    if (below := _RETURNED_BELOW.search(text)) and below.start() > 40:
        text = text[: below.start()]
    return text[:8_000]


def _coded_lines(text: str) -> str:
    """The lines with a reply code and the two after each; the whole text if there are none. The other lines are general
    advice."""
    lines = text.split("\n")
    coded = [index for index, line in enumerate(lines) if _REPLY_CODE.search(line)]
    kept = sorted({near for index in coded for near in range(index, index + 3)})
    return "\n".join(lines[index] for index in kept if index < len(lines)) or text


def _addresses_in(text: str) -> list[str]:
    found = (one.rstrip(".").lower() for one in _ADDRESS.findall(text[:8_000]))
    return list(dict.fromkeys(one for one in found if not _DAEMON.match(one)))[:10]
