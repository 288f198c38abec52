"""Extracts what the sender wrote, without quotes and signature. Uses plain searches and regular expressions that cannot
backtrack far, on texts of limited length."""

import re
import unicodedata

_QUOTED_LINE = re.compile(r"^[ \t]{0,3}[>|].*$", re.MULTILINE)
# How mail programs introduce a quote, in eight languages. Everything after it is not by the sender.
_QUOTE_BEGINS = re.compile(
    r"^[ \t]{0,8}(?:"
    r"-{2,}[ \t]*(?:original message|forwarded message|urspr[uü]ngliche nachricht|originalnachricht"
    r"|message d'origine|message d’origine|message original|mensaje original|mensagem original"
    r"|oorspronkelijk bericht|messaggio originale|original-nachricht|元のメッセージ|原文)"
    r"|_{20,}[ \t]*$"
    r"|(?:from|von|de|van|da|差出人|送信元)[ \t]?[:：][^\n]{1,300}\n(?:[^\n]{0,300}\n){0,2}?"
    r"(?:sent|date|gesendet|datum|envoy[ée]|enviado(?: el)?|fecha|data|verzonden|inviato|to|an|[àa]|para|aan"
    r"|送信日時|日付)[ \t]?[:：]"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_WROTE = re.compile(
    r"^[ \t]{0,3}(?:on|am|le|el|em|op|il|in data|no dia)[ \t][^\n]{4,120}(?:\n[^\n]{0,120}){0,2}?"
    r"(?:wrote|schrieb[^\n:]{0,120}|a [ée]crit|escribi[óo]|escreveu|schreef[^\n:]{0,120}|ha scritto)[ \t\xa0]?[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_WROTE_JA = re.compile(r"^[^\n]{4,120}(?:さん)?(?:のメール|は書きました|wrote)[ \t]?[:：][ \t]*$", re.MULTILINE)
_SIGNATURE = re.compile(r"^--[ \t]?$", re.MULTILINE)
_CLOSING = re.compile(
    r"^[ \t]{0,3}(?:(?:best|kind|warm|with kind|many)[ \t]|regards|cheers|sincerely|mit (?:freundlichen|besten|lieben)"
    r"|freundliche|viele gr|beste gr|cordialement|bien cordialement|bien a vous|salutations|saludos|un saludo"
    r"|atentamente|atenciosamente|cumprimentos|abracos|met vriendelijke|vriendelijke groet|groeten|cordiali saluti"
    r"|distinti saluti|saluti|敬具)",
    re.IGNORECASE | re.MULTILINE,
)


def clean(text: str) -> str:
    """Removes NUL and replaces surrogates (undecodable bytes): Postgres cannot store either."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def unquoted(text: str, limit: int = 20_000) -> str:
    """Returns the sender's own text in the first `limit` characters, up to where an older message is quoted."""
    text = text[:limit].replace("\r", "")
    ends = [found.start() for pattern in (_QUOTE_BEGINS, _WROTE, _WROTE_JA) if (found := pattern.search(text))]
    return _QUOTED_LINE.sub("", text[: min(ends, default=len(text))])


def quotes(text: str, limit: int = 20_000) -> bool:
    """Returns whether the first `limit` characters quote an older message."""
    text = text[:limit].replace("\r", "")
    return any(pattern.search(text) for pattern in (_QUOTE_BEGINS, _WROTE, _WROTE_JA, _QUOTED_LINE))


def unsigned(text: str) -> str:
    """Returns the text up to the signature or the complimentary close."""
    ends = [found.start() for pattern in (_SIGNATURE, _CLOSING) if (found := pattern.search(text))]
    return text[: min(ends, default=len(text))]


def folded(text: str) -> str:
    """Normalises a text for comparisons: lower case, no accents on Latin letters, plain digits, apostrophes, dashes and
    spaces."""
    text = unicodedata.normalize("NFKC", text).lower()
    apart = unicodedata.normalize("NFKD", text)
    text = unicodedata.normalize("NFC", "".join(one for one in apart if not "\u0300" <= one <= "\u036f"))
    return text.translate(_PLAIN)


_PLAIN = str.maketrans(
    {
        **dict.fromkeys("’‘´`ʼ", "'"),
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("\xa0\u2007\u202f\u3000\t", " "),
        **dict.fromkeys("“”„«»", '"'),
        "ß": "ss",
        "\ufeff": "",
        "\u200b": "",
    }
)
