"""Dates and periods in Chinese and English text."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_YEAR = r"(?:19|20)[0-9]{2}"
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_HALVES = {"上": 1, "下": 2}
# A number of four digits alone is taken for a year only in this span; 2048 is more often a count.
_BARE_YEARS = range(1980, 2040)


@dataclass(frozen=True, slots=True)
class DateMatch:
    """A date or period found at a place."""

    end: int
    iso: str
    kind: Literal["date", "period"]
    year: int
    """0 when the text gives none."""
    last_year: int = 0
    """For spans of years, the last one."""


_Groups = dict[str, str | None]


def _day(groups: _Groups) -> str | None:
    month, day = _month(groups["month"] or ""), int(groups["day"] or 0)
    year = _full_year(groups.get("year") or "")
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS_IN_MONTH[month - 1]:
        return None
    if year and month == 2 and day == 29 and (int(year) % 4 or (int(year) % 100 == 0 and int(year) % 400)):
        return None
    return f"{year or '-'}-{month:02}-{day:02}"


def _month_of_year(groups: _Groups) -> str | None:
    month = _month(groups["month"] or "")
    return f"{_full_year(groups['year'] or '')}-{month:02}" if 1 <= month <= 12 else None


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text)
    return next((number for number, name in enumerate(_MONTHS, start=1) if name[:3] == text[:3].lower()), 0)


def _quarter(groups: _Groups) -> str | None:
    return f"{_full_year(groups['year'] or '')}Q{_QUARTERS[groups['quarter'] or '']}"


def _half(groups: _Groups) -> str | None:
    half = groups["half"] or ""
    return f"{_full_year(groups['year'] or '')}H{_HALVES.get(half) or half}"


def _quarters_so_far(groups: _Groups) -> str | None:
    return f"{groups['year']}Q1/{groups['year']}Q{_QUARTERS[groups['quarter'] or '']}"


def _span(groups: _Groups) -> str | None:
    first, last = groups["first"] or "", groups["last"] or ""
    last = first[:2] + last if len(last) == 2 else last
    return f"{first}/{last}" if int(first) < int(last) else None


def _fiscal(groups: _Groups) -> str | None:
    return f"FY{_full_year(groups['year'] or '')}"


def _decade(groups: _Groups) -> str | None:
    return f"{groups['decade']}0/{groups['decade']}9"


def _quarter_alone(groups: _Groups) -> str | None:
    return f"Q{groups['quarter']}"


def _month_alone(groups: _Groups) -> str | None:
    return f"--{int(groups['month'] or 0):02}"


def _full_year(text: str) -> str:
    """Two digits are of this century; no digits stay none."""
    return f"20{text}" if len(text) == 2 else text


def _year(groups: _Groups) -> str | None:
    return groups["year"]


_Form = tuple[re.Pattern[str], Callable[[_Groups], str | None], Literal["date", "period"]]


@cache
def _forms() -> tuple[_Form, ...]:
    """The written forms, longest first. Every repetition is bounded, so matching at one place is constant time."""
    month = r"(?P<month>0?[1-9](?![0-9])|1[0-2](?![0-9])|0[1-9])"
    names = "|".join(f"{name[:3]}(?:{name[3:]})?" if name[3:] else name for name in _MONTHS)
    name = rf"(?P<month>(?:{names}|Sept)(?![A-Za-z])\.?)"
    year, day = rf"(?P<year>{_YEAR})", r"(?P<day>[0-3]?[0-9])(?![0-9])"
    short = rf"(?P<year>{_YEAR}|[0-9]{{2}})"
    s = " {0,2}"
    clock = r"(?:T[0-2][0-9](?::[0-5][0-9]){1,2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    chinese_quarter = r"(?:第? {0,1}(?P<quarter>[一二三四1-4]) {0,1}季度?)"
    written: list[tuple[str, Callable[[_Groups], str | None], Literal["date", "period"]]] = [
        (rf"{year}{s}年{s}{month}{s}月{s}{day}{s}[日号]", _day, "date"),
        (rf"{year}(?P<separator>[-/.]){month}(?P=separator){day}(?!\.?[0-9]){clock}", _day, "date"),
        (rf"{name} {day}(?:st|nd|rd|th)?,? {year}(?![0-9])", _day, "date"),
        (rf"{day}(?:st|nd|rd|th)? (?:of )?{name},? {year}(?![0-9])", _day, "date"),
        (rf"{short}{s}年?{s}前{s}(?P<quarter>[二三23]){s}个?季度", _quarters_so_far, "period"),
        (rf"{short}{s}年{s}{chinese_quarter}", _quarter, "period"),
        (rf"{year}{s}年{s}(?P<half>[上下])半年", _half, "period"),
        (rf"{short} ?年? ?[Qq](?P<quarter>[1-4])(?![0-9A-Za-z])", _quarter, "period"),
        (rf"{year} ?年? ?[Hh](?P<half>[12])(?![0-9A-Za-z])", _half, "period"),
        (rf"[Qq](?P<quarter>[1-4])(?: of)?[ ,'’]{{0,2}}{short}(?![0-9])", _quarter, "period"),
        (rf"[Hh](?P<half>[12])(?: of)?[ ,'’]{{0,2}}{year}(?![0-9])", _half, "period"),
        (rf"(?P<quarter>[1-4])Q{short}(?![0-9])", _quarter, "period"),
        (rf"(?P<half>[12])H{short}(?![0-9A-Za-z])", _half, "period"),
        (r"(?P<year>[0-9]{2})H(?P<half>[12])(?![0-9A-Za-z])", _half, "period"),
        (rf"(?:FY|fiscal(?: year)?) ?'?{short}(?![0-9])", _fiscal, "period"),
        (rf"{year}{s}财年", _fiscal, "period"),
        (rf"(?P<first>{_YEAR}){s}年?{s}(?:[-–—~]|至|到|to ){s}(?P<last>{_YEAR}){s}年", _span, "period"),
        (rf"(?P<first>{_YEAR})[-–—~](?P<last>{_YEAR}|[0-9]{{2}}(?=年))(?![0-9]|-[0-9])年?", _span, "period"),
        (rf"{year}{s}年{s}{month}{s}月(?:份)?", _month_of_year, "period"),
        (rf"(?P<year>[0-9]{{2}})年{month}月{day}[日号]", _day, "date"),
        (rf"(?P<year>[0-9]{{2}})年{month}月", _month_of_year, "period"),
        (rf"{year}[-/](?P<month>0[1-9]|1[0-2])(?![0-9/-])", _month_of_year, "period"),
        (rf"{name},? {year}(?![0-9])", _month_of_year, "period"),
        (rf"{month}{s}月{s}{day}{s}[日号]", _day, "date"),
        (rf"{name} {day}(?:st|nd|rd|th)?(?![0-9A-Za-z%]|[.,][0-9]| ?[A-Za-z])", _day, "date"),
        (rf"{year}{s}年(?!代|级|期)", _year, "period"),
        (r"(?P<decade>(?:19|20)[0-9])0 ?(?:s(?![A-Za-z])|年代)", _decade, "period"),
        (r"Q(?P<quarter>[1-4])(?![0-9A-Za-z-])", _quarter_alone, "period"),
        (rf"{year}[EAF](?![0-9A-Za-z])", _year, "period"),
        (
            rf"(?<![近前去后每隔满])(?<![近前去后每隔满] ){month}{s}月(?:份|(?![龄租薪供费子卡]))",
            _month_alone,
            "period",
        ),
    ]
    return tuple((re.compile(form, re.IGNORECASE), iso, kind) for form, iso, kind in written)


def read_date(text: str, start: int) -> DateMatch | None:
    """The date or period written at ``start``, or None. A bare year is :func:`read_bare_year`."""
    if not text[start].isdecimal() and not text[start].isascii():
        return _chinese_date(text, start)
    if not _may_be_date().match(text, start):
        return None
    for form, iso_of, kind in _forms():
        match = form.match(text, start)
        iso = iso_of(match.groupdict()) if match else None
        if match and iso:
            years = [int(year) for year in re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", iso)]
            first = years[0] if years else 0
            return DateMatch(match.end(), iso, kind, first, years[-1] if years and years[-1] != first else 0)
    return None


@cache
def _may_be_date() -> re.Pattern[str]:
    """A gate before the forms: most numbers are no dates, and 25 patterns cost ten times as much as one."""
    return re.compile(
        r"[A-Za-z]|(?:19|20)[0-9]{2}"
        r"|[0-9]{1,2}(?: {0,2}[月年前]|(?:st|nd|rd|th)? (?:of )?[A-Za-z]{3}| ?[Qq][1-4]|[QqHh][0-9])"
    )


@cache
def _in_characters() -> re.Pattern[str]:
    return re.compile(
        r"(?P<year>[一二][〇零九][〇零一二三四五六七八九]{2})年|第? {0,2}(?P<quarter>[一二三四]) {0,2}季度"
        r"|(?P<half>[上下])半年"
    )


def _chinese_date(text: str, start: int) -> DateMatch | None:
    """二〇二四年 as a year, 第一季度 and 上半年 as parts of an unnamed year."""
    match = _in_characters().match(text, start)
    if match is None:
        return None
    if match["half"]:
        return DateMatch(match.end(), f"H{_HALVES[match['half']]}", "period", 0)
    if match["quarter"]:
        return DateMatch(match.end(), f"Q{_QUARTERS[match['quarter']]}", "period", 0)
    year = "".join(str("〇一二三四五六七八九".index(digit)) for digit in match["year"].replace("零", "〇"))
    return DateMatch(match.end(), year, "period", int(year))


def is_bare_year(digits: str) -> bool:
    """Whether a bare integer reads as a year: four digits, 1980 to 2039."""
    return len(digits) == 4 and digits.isdecimal() and int(digits) in _BARE_YEARS
