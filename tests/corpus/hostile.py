"""Messages made to slow down or crash a mail parser, by name. They are built on demand, because some are megabytes."""

from collections.abc import Callable

_FROM = b"From: a@x.example\nMessage-ID: <a@x.example>\n"
_AWAY = _FROM + b"Auto-Submitted: auto-replied\nDate: Mon, 14 Dec 2026 09:00:00 +0000\n\n"
_HTML = _FROM + b"Content-Type: text/html\n\n"
_DAEMON = b"From: MAILER-DAEMON@x.example\nSubject: undeliverable\n\n"
_REPORT = _FROM + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
_MEGABYTE = 2**20


def _nested(depth: int) -> bytes:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return _FROM + levels + b"\nhello"


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nested 100 deep": lambda: _nested(100),
    "nested 20,000 deep": lambda: _nested(20_000),
    "messages in messages": lambda: _FROM + b"Content-Type: message/rfc822\n\n" * 5_000,
    "digests in digests": lambda: _FROM + b"Content-Type: multipart/digest; boundary=b\n\n--b\n\n" * 2_000,
    "200,000 parts": lambda: _FROM + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 200_000,
    "60,000 recipients of a report": lambda: (
        _REPORT + b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 60_000
    ),
    "a report of empty lines": lambda: _REPORT + b"Content-Type: message/delivery-status\n\n" + b"\n" * _MEGABYTE,
    "200,000 headers": lambda: b"A: b\n" * 200_000 + b"\nx",
    "one header with 250,000 parameters": lambda: _FROM + b"Content-Type: text/plain" + b';a="b' * 250_000 + b"\n\nx",
    "one header folded 150,000 times": lambda: _FROM + b"Content-Type: text/plain;\n" + b" a=b;\n" * 150_000 + b"\nx",
    "encoded words without an end": lambda: _FROM + b"Subject: " + b"=?a?q?" * 80_000 + b"\n\nx",
    "comments in comments": lambda: b"From: " + b"(" * 100_000 + b"\n\nx",
    "quotes in an address": lambda: b"From: " + b'"\\' * 100_000 + b"\n\nx",
    "100,000 addresses": lambda: b"From: " + b"a@b.example," * 100_000 + b"\n\nx",
    "60,000 headers of recipients": lambda: _FROM + b"To: a@b.example\n" * 60_000 + b"\nx",
    "100,000 references": lambda: _FROM + b"References: " + b"<a@b> " * 100_000 + b"\n\nx",
    "references without an end": lambda: _FROM + b"References: " + b"<" * 500_000 + b"\n\nx",
    "IDs in a row": lambda: _FROM + b"References: " + b"0b5b7e0a-0001-4000-8000-000000000001" * 20_000 + b"\n\nx",
    "one number": lambda: _AWAY + b"1" * 100_000,
    "90,000 dates": lambda: _AWAY + b"back on 5 January 2027 until 6. Februar " * 45_000,
    "slashes": lambda: _AWAY + b"1/1 " * 100_000,
    "until until until": lambda: _AWAY + b"until " * 100_000,
    "weekdays": lambda: _AWAY + b"monday " * 100_000,
    "blanks": lambda: _AWAY + b" " * _MEGABYTE,
    "accents": lambda: _AWAY + "e\u0301".encode() * 200_000,
    "one letter that is eighteen": lambda: _AWAY + "\ufdfa".encode() * 30_000,
    "quoting lines": lambda: _FROM + b"\n" + (b"on " + b"a" * 119 + b"\n") * 8_000,
    "headers in the text": lambda: _FROM + b"\n" + b"From: a\n" * 100_000,
    "open tags": lambda: _HTML + b"<a " * 300_000,
    "open values": lambda: _HTML + b"<a b='" * 200_000,
    "open comments": lambda: _HTML + b"<!--" * 200_000,
    "closed tags in open comments": lambda: _HTML + b"<!--x>" * 200_000,
    "open sections": lambda: _HTML + b"<![CDATA[" * 100_000,
    "deep markup": lambda: _HTML + b"<div>" * 200_000,
    "ampersands": lambda: _HTML + b"&" * _MEGABYTE,
    "punycode": lambda: _FROM + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * 300_000,
    "idna": lambda: _FROM + b"Content-Type: text/plain; charset=idna\n\n" + b"xn--a." * 100_000,
    "a bounce of addresses": lambda: _DAEMON + b"a@b.example " * 90_000,
    "a bounce of open brackets": lambda: _DAEMON + b"could not be delivered <a@" * 40_000,
    "a bounce of codes": lambda: _DAEMON + b"550 user " * 100_000,
    "a bounce of dashes": lambda: _DAEMON + b"- " * 500_000,
    "a bounce of one word": lambda: _DAEMON + b"a" * _MEGABYTE,
    "a complaint of 60,000": lambda: (
        _REPORT + b"Content-Type: message/feedback-report\n\n" + b"Original-Rcpt-To: a@b.example\n" * 60_000
    ),
    "please please please": lambda: _FROM + b"\n" + b"please " * 34,
    "10 MB of text": lambda: _FROM + b"\n" + b"hello world\n" * 900_000,
    "10 MB of NUL": lambda: b"\x00" * 10 * _MEGABYTE,
    "10 MB of base64": lambda: _FROM + b"Content-Transfer-Encoding: base64\n\n" + b"A" * 10 * _MEGABYTE,
}
