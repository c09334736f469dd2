"""Days until a deadline such as "by March", "before 30 June 2027", "3 月底前", "年底前"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tieout.errors import InputError
from tieout.plugin import Candidate, translator

__all__ = ["Deadline", "find_deadlines", "read_deadline"]

_ = translator("tieout_compute_estimator")

_MONTHS = tuple(name.lower() for name in calendar.month_name)[1:]
_ENGLISH_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CHINESE_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s*月(?:份)?"
_YEAR = r"(?P<year>20\d\d)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_YEAR}-(?P<month>\d\d?)-(?P<day>\d\d?)(?!\d)",
        rf"(?P<day>\d\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{_ENGLISH_MONTH})(?:,?\s+{_YEAR})?(?![a-z])",
        rf"(?P<name>{_ENGLISH_MONTH})\s+(?P<day>\d\d?)(?:st|nd|rd|th)?(?!\d)(?:,?\s+{_YEAR})?",
        rf"(?:{_YEAR}\s*年|(?P<next>明年)|今年)?\s*{_MONTH}\s*(?P<day>\d\d?)\s*[日号]",
        rf"(?:{_YEAR}\s*年|(?P<next>明年)|今年)?\s*{_MONTH}",
        rf"(?P<name>{_ENGLISH_MONTH})(?:\s+{_YEAR})?(?![a-z])",
        rf"{_YEAR}-(?P<month>\d\d?)(?!\d)",
        rf"(?:{_YEAR}\s*年|(?P<next>明年)|今年)?\s*第?(?P<quarter_zh>[一二三四1-4])\s*季度",
        rf"Q(?P<quarter>[1-4])(?:\s*(?:of\s+)?{_YEAR})?",
        rf"(?P<year_end>(?:the\s+)?end\s+of\s+){_YEAR}",
        rf"{_YEAR}\s*年(?P<year_end>[底末])",
        r"(?P<year_end>明年[底末]|(?:the\s+)?end\s+of\s+next\s+year)(?P<next>)",
        r"(?P<year_end>(?:今年)?年[底末]|(?:the\s+)?end\s+of\s+(?:the|this)\s+year|year[- ]end)",
    )
)
_LEAD = re.compile(
    r"(?:by|before|until|till|due|no later than|deadline(?: is| of)?:?|在|到|至|于|截至|截止到?|赶在)\s*"
    r"(?:the\s+)?(?P<edge>(?:start|beginning|end)\s+of\s+)?$",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?P<edge>初|底|末|中旬)?\s*(?P<before>之前|以前|前)?")


@dataclass(frozen=True)
class Deadline:
    """The last day of work and how it was read."""

    day: date
    text: str


def find_deadlines(text: str) -> Sequence[Candidate]:
    """Dates in ``text`` that something has to be done by, with their span."""
    found: list[Candidate] = []
    for form in _FORMS:
        for match in form.finditer(text):
            lead, tail = _LEAD.search(text, 0, match.start()), _TAIL.match(text, match.end())
            closed = bool(tail and (tail["before"] or tail["edge"])) or "year_end" in match.re.groupindex
            if not lead and not closed:
                continue
            start = lead.start() if lead else match.start()
            end = tail.end() if tail and (tail["before"] or tail["edge"]) else match.end()
            if any(start < other.end and other.start < end for other in found):
                continue
            found.append(Candidate(text[start:end], text[start:end], start, end))
    return sorted(found, key=lambda candidate: candidate.start)


def read_deadline(text: str, *, today: date) -> Deadline:
    """The last day on which work can be done.

    A month or quarter named without a day lasts to its end, unless "before" or "前" stands beside it. Without a year it
    is the next one that has not passed.

    Raises:
        InputError: There is no date in ``text``, or it has passed.
    """
    for form in _FORMS:
        match = form.search(text)
        if match is not None:
            break
    else:
        raise InputError(
            _("{text} is no date that can be a deadline.", text=repr(text[:60])),
            code="compute-bad-deadline",
            hint=_("Write it as 2027-03-31, by March 2027 or 3 月底前."),
        )
    lead, tail = _LEAD.search(text, 0, match.start()), _TAIL.match(text, match.end())
    words = {name: value for name, value in match.groupdict().items() if value is not None}
    edge = f"{(lead and lead['edge']) or ''}{(tail and tail['edge']) or ''}".lower()
    ends_before = bool(tail and tail["before"] and not tail["edge"]) or (
        "before" in text[: match.start()].lower() and not edge
    )
    try:
        day = _last_day(
            words, today, first=ends_before or edge.startswith(("start", "begin", "初")), before=ends_before
        )
    except ValueError:
        raise InputError(
            _("{text} is no day of the calendar.", text=repr(text[:60])), code="compute-bad-deadline"
        ) from None
    if day <= today:
        raise InputError(
            _("The deadline {day} has passed.", day=day.isoformat()),
            code="compute-bad-deadline",
            hint=_("Name a day after today."),
        )
    return Deadline(day, text.strip())


def _last_day(words: dict[str, str], today: date, *, first: bool, before: bool) -> date:
    year = int(words["year"]) if "year" in words else today.year + ("next" in words)
    sure = "year" in words or "next" in words
    begins, ends = _period(words, year)
    if not sure and (begins if first else ends) <= today:
        begins, ends = _period(words, year + 1)
    if "day" in words:
        return begins - timedelta(days=1) if before else begins
    return begins - timedelta(days=1) if before else begins if first else ends


def _period(words: dict[str, str], year: int) -> tuple[date, date]:
    if "year_end" in words:
        return date(year, 12, 31), date(year, 12, 31)
    quarter = words.get("quarter") or words.get("quarter_zh")
    if quarter:
        number = int(quarter) if quarter.isdecimal() else _CHINESE_MONTHS.index(quarter) + 1
        last = 3 * number
        return date(year, last - 2, 1), date(year, last, calendar.monthrange(year, last)[1])
    month = _month(words)
    if "day" in words:
        day = date(year, month, int(words["day"]))
        return day, day
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _month(words: dict[str, str]) -> int:
    name = words.get("name")
    if name:
        return next(
            number for number, full in enumerate(_MONTHS, 1) if full.startswith(name.lower().rstrip(".")[:3])
        )
    text = words["month"]
    return int(text) if text.isdecimal() else _CHINESE_MONTHS.index(text) + 1
