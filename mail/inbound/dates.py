"""Finds the first day back in an absence notice, in eight languages.

"Back on the 5th" means that day. "Until the 5th" and "from 20 to 5" mean the day after, in every language: a day too
late annoys nobody. Ignored are days before the message was sent, days more than a year later, and days that have
nothing to do with an absence (a trade fair in the signature).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from mail.inbound.date_words import (
    AWAY,
    BACK,
    BACK_AFTER,
    BACK_AFTER_SELDOM,
    MONTH,
    MONTHS,
    NOT_BACK,
    RANGE,
    RANGE_FROM_DAY,
    UNTIL,
    UNTIL_AFTER,
    WEEKDAY,
    WEEKDAYS,
    language_of,
)
from mail.inbound.message import ParsedMessage
from mail.inbound.text import folded, unquoted, unsigned

MAX_TEXT = 6_000
MAX_MENTIONS = 40
LONGEST = timedelta(days=366)
_JUST_PAST = timedelta(days=60)
"""A day without a year that is at most this long before the message is in the past, not in the next year: the absence
notice is out of date."""
_BEFORE, _AFTER = 90, 60

_YEAR = r"(?P<year>20\d\d)"
_NOT_IN_NUMBER = r"(?<![\d.,/:+-])"
_PATTERNS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("ymd", rf"{_NOT_IN_NUMBER}{_YEAR}\s?[-/.年]\s?(?P<month>\d{{1,2}})\s?[-/.月]\s?(?P<day>\d{{1,2}})(?!\d)日?"),
        ("ymd", rf"{_NOT_IN_NUMBER}(?P<month>\d{{1,2}})月\s?(?P<day>\d{{1,2}})日"),
        (
            "named",
            rf"{_NOT_IN_NUMBER}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|ere|o|a)?\.?(?:\s|-)?\s?(?:of |de |di |do |d'|den "
            rf"|)(?P<month>{MONTH})\b\.?"
            rf"(?:,?\s?(?:-|de |del |of )?\s?{_YEAR}\b)?",
        ),
        (
            "named",
            rf"\b(?P<month>{MONTH})\.?\s(?P<day>\d{{1,2}})(?!\d|[:.]\d)(?:st|nd|rd|th)?(?:\s?(?:-|to|through|thru"
            rf"|and)\s?(?P<end>\d{{1,2}})(?!\d|[:.]\d)(?:st|nd|rd|th)?)?"
            rf"(?:,?\s{{1,2}}{_YEAR}\b)?",
        ),
        (
            "dotted",
            rf"{_NOT_IN_NUMBER}(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.(?:\s?(?P<year>20\d\d|\d\d)(?![\d.]))?",
        ),
        ("dotted", rf"{_NOT_IN_NUMBER}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})(?![\d.,:])(?=\s?(?:$|[^\d%\s]))"),
        ("slashed", rf"{_NOT_IN_NUMBER}(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})(?:/(?P<year>20\d\d|\d\d))?(?![\d/])"),
        ("slashed", rf"{_NOT_IN_NUMBER}(?P<day>\d{{1,2}})-(?P<month>\d{{1,2}})-(?P<year>20\d\d)(?!\d)"),
        ("day", r"\bthe (?P<day>\d{1,2})(?:st|nd|rd|th)\b"),
        ("weekday", rf"(?<![\w-])(?P<weekday>{WEEKDAY})(?![\w-])"),
        ("tomorrow", r"\b(?:tomorrow|demain|manana|amanha|domani)\b|明日"),
        ("next_week", r"\bnext week\b"),
    )
)


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    day: date
    kind: str
    ends_range: bool = False


@dataclass(frozen=True, slots=True)
class _Sent:
    on: date
    day_first: bool


def return_date(mail: ParsedMessage) -> date | None:
    """Returns the first day back that an automatic reply names; None if it names none or only past days."""
    text = _words(mail)
    sent_on, offset = mail.sent_at_offset()
    if not sent_on:
        # The message has no date: only a day with its year is unambiguous.
        return _first(text, _Sent(date.min, day_first=_day_first(text, mail, offset)), undated=True)
    return _first(text, _Sent(date.fromisoformat(sent_on), day_first=_day_first(text, mail, offset)), undated=False)


def _words(mail: ParsedMessage) -> str:
    body = folded(unquoted(mail.text, MAX_TEXT))
    # A line break does not end a sentence; an empty line does.
    joined = re.sub(r"\s*\n\s*\n\s*", "\n", f"{folded(mail.subject)}\n\n{unsigned(body)}"[:MAX_TEXT])
    return re.sub(r"[ ]{2,}", " ", joined)


def _first(text: str, sent: _Sent, *, undated: bool) -> date | None:
    """Returns the best day: a day of return ranks before the end of an absence, which ranks before a plain date. Among
    equals the first one in the text counts."""
    mentions = _mentions(text, sent, undated=undated)
    found: list[tuple[int, int, date]] = []
    for index, mention in enumerate(mentions):
        before_it = mentions[index - 1].end if index else 0
        after_it = mentions[index + 1].start if index + 1 < len(mentions) else len(text)
        ranked = _meant(text, mention, before_it, after_it, only=len(mentions) == 1)
        if ranked is not None:
            rank, back_on = ranked
            if undated or sent.on < back_on <= sent.on + LONGEST:
                found.append((rank, mention.start, back_on))
    return min(found)[2] if found else None


def _meant(text: str, mention: _Mention, before_it: int, after_it: int, *, only: bool) -> tuple[int, date] | None:
    """Returns the rank of the mention (0 is the most certain) and the first day back that it means; None if it means no
    such day."""
    before = _same_sentence(text[max(before_it, mention.start - _BEFORE) : mention.start])
    after = text[mention.end : min(after_it, mention.end + _AFTER)].partition("\n")[0]
    next_day = mention.day + timedelta(days=1)
    if UNTIL_AFTER.match(after) or UNTIL.search(before):
        return 1, next_day
    if (
        mention.ends_range
        or (before_it and RANGE.match(text[before_it : mention.start]))
        or RANGE_FROM_DAY.search(before)
    ):
        return 1, next_day
    if BACK_AFTER.match(after) or BACK.search(before):
        return 0, mention.day
    # "... and will be back on" refers to the next day in the text.
    if BACK_AFTER_SELDOM.match(after) and not BACK.search(after):
        return 0, mention.day
    if mention.kind in ("weekday", "tomorrow", "next_week", "day") or NOT_BACK.search(before):
        return None
    if (only and len(text) <= 60) or (AWAY.search(before) and not re.match(r"\s?(?:から|より|-|~|〜)", after)):
        return 2, mention.day if not AWAY.search(before) else next_day
    return None


def _same_sentence(before: str) -> str:
    ends = [found.end() for found in re.finditer(r"[!?。\n]|(?<!\d)(?<!\b[a-z])(?<!\b[a-z][a-z])\.\s", before)]
    return before[ends[-1] :] if ends else before


def _mentions(text: str, sent: _Sent, *, undated: bool) -> list[_Mention]:
    """Returns every mentioned day in the order of the text. Of two overlapping mentions the longer one counts."""
    found = sorted(_read_all(text, sent, undated=undated), key=lambda one: (one.start, -one.end))
    kept: list[_Mention] = []
    for mention in found:
        if kept and mention.start < kept[-1].end:
            continue
        # "Monday, 12 January": the weekday is part of the date.
        if kept and kept[-1].kind == "weekday" and mention.kind != "weekday" and mention.start - kept[-1].end <= 12:
            kept.pop()
        if mention.kind == "weekday" and kept and kept[-1].kind != "weekday" and mention.start - kept[-1].end <= 3:
            continue
        kept.append(mention)
    return kept[:MAX_MENTIONS]


def _read_all(text: str, sent: _Sent, *, undated: bool) -> Iterator[_Mention]:
    for kind, pattern in _PATTERNS:
        for count, match in enumerate(pattern.finditer(text)):
            if count >= MAX_MENTIONS:
                break
            named = match.groupdict()
            if undated and not named.get("year"):
                continue
            day = _day(kind, named, sent)
            if day is not None and match.group() != "24/7":
                yield _Mention(match.start(), match.end(), day, kind, ends_range=bool(named.get("end")))


def _day(kind: str, named: dict[str, str | None], sent: _Sent) -> date | None:
    if kind == "weekday":
        ahead = (WEEKDAYS[named["weekday"] or ""] - sent.on.weekday() - 1) % 7 + 1
        return sent.on + timedelta(days=ahead)
    if kind == "tomorrow":
        return sent.on + timedelta(days=1)
    if kind == "next_week":
        return sent.on + timedelta(days=7 - sent.on.weekday())
    year_text = named.get("year")
    year = int(year_text) if year_text else None
    if year is not None and year < 100:
        year += 2000
    day = int(named.get("end") or named["day"] or 0)
    if kind == "day":
        return _next_day_of_month(day, sent.on)
    month_name = named["month"] or ""
    month = MONTHS.get(month_name) or int(month_name)
    if kind == "slashed":
        return _of_slashed(day, month, year, sent)
    return _dated(year, month, day, sent.on)


def _of_slashed(first: int, second: int, year: int | None, sent: _Sent) -> date | None:
    """Reads "1/12" in the sender's order of day and month, unless only the other order gives a plausible day."""
    readings = [_dated(year, second, first, sent.on), _dated(year, first, second, sent.on)]
    if not sent.day_first:
        readings.reverse()
    soon = [day for day in readings if day is not None and sent.on < day <= sent.on + timedelta(days=120)]
    return next(iter([*soon[:1], *(day for day in readings if day is not None)]), None)


def _dated(year: int | None, month: int, day: int, sent_on: date) -> date | None:
    """Returns the date; without a year, the next such day, or one that is at most `_JUST_PAST` before."""
    try:
        if year is not None:
            return date(year, month, day)
        this_year = date(sent_on.year, month, day)
        if this_year >= sent_on - _JUST_PAST:
            return this_year
        return date(sent_on.year + 1, month, day)
    except (ValueError, OverflowError):
        return None


def _next_day_of_month(day: int, sent_on: date) -> date | None:
    for months_on in range(3):
        index = sent_on.month - 1 + months_on
        try:
            found = date(sent_on.year + index // 12, index % 12 + 1, day)
        except ValueError:
            continue
        if found > sent_on:
            return found
    return None


def _day_first(text: str, mail: ParsedMessage, offset: int | None) -> bool:
    """Returns whether the sender writes the day before the month. English is written in both orders: the country in the
    headers or the address decides, then the time zone (America writes the month first)."""
    language = language_of(text)
    if language == "ja":
        return False
    if language != "en":
        return True
    declared = mail.header("Content-Language").lower() + mail.header("Accept-Language").lower()
    if found := re.search(r"en-([a-z]{2})", declared):
        return found[1] not in ("us", "ph")
    if re.search(r"\.(?:uk|ie|au|nz|in|za|sg|eu|de|fr|nl|be|it|es|pt|ch|at|se|dk|no|fi)$", (mail.sender or "").lower()):
        return True
    return offset is not None and offset > -120 and offset != 0
