"""Return windows: 1M, 3M, 12M, YTD, as brokers count them, and the words for them in questions."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date

from tieout.errors import InputError
from tieout.plugin import Candidate, translator

__all__ = ["find_dates", "find_windows", "parse_windows", "window_start"]

_ = translator("tieout_stock_lookup")

_DIGITS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "九": 9, "十": 10, "十二": 12, "半": 0.5,
           "a": 1, "one": 1, "two": 2, "three": 3, "six": 6, "nine": 9, "twelve": 12, "half a": 0.5}  # fmt: skip
_COUNT = r"(?P<count>\d{1,3}|十二|[一两二三四五六九十半]|half a|one|two|three|six|nine|twelve|a(?=\s))"
_WINDOW = re.compile(
    rf"(?<![a-z0-9]){_COUNT}\s*(?:个)?[\s-]*(?P<unit>月|年|months?|years?|m(?![a-z])|y(?![a-z]))(?!\s?(?:\d|份|前))"
    r"|(?P<ytd>(?<![a-z])ytd(?![a-z])|year[\s-]to[\s-]date|今年以来|年初至今|年初以来|年内)"
    r"|(?P<last>(?:past|last|over the|trailing)\s+(?P<word>month|quarter|year)(?![a-z]))"
    r"|(?P<quarter>近一?季度?|一个季度)",
    re.I,
)
_DATE = re.compile(r"(?P<y>20\d\d|19\d\d)[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?")
_MOST_MONTHS = 360


def _months(match: re.Match[str]) -> str | None:
    if match["ytd"]:
        return "YTD"
    if match["last"]:
        return {"month": "1M", "quarter": "3M", "year": "12M"}[match["word"].lower()]
    if match["quarter"]:
        return "3M"
    text = match["count"].lower()
    count = float(text) if text.isdigit() else float(_DIGITS[text])
    months = count * (12 if match["unit"].lower()[0] in "年y" else 1)
    return f"{months:.0f}M" if months == int(months) and 1 <= months <= _MOST_MONTHS else None


def find_windows(text: str) -> Sequence[Candidate]:
    """Windows named in a text as ``1M``, ``12M`` or ``YTD``; several become one candidate, ``1M,3M,12M``."""
    found: list[tuple[str, int, int]] = []
    for match in _WINDOW.finditer(text[:20_000]):
        # "2024年1月" is a month of the calendar, "1年" is a window: a year of four digits is never a count.
        window = _months(match)
        if window is not None and window not in [name for name, _start, _end in found]:
            found.append((window, match.start(), match.end()))
    if not found:
        return ()
    start, end = found[0][1], found[-1][2]
    return (Candidate(",".join(name for name, _s, _e in found), text[start:end], start, end, 1.0, "window"),)


def find_dates(text: str) -> Sequence[Candidate]:
    """Days in a text as ISO dates, for an "as of"."""
    found: list[Candidate] = []
    for match in _DATE.finditer(text[:20_000]):
        try:
            day = date(int(match["y"]), int(match["m"]), int(match["d"]))
        except ValueError:
            continue
        found.append(Candidate(day.isoformat(), match[0], match.start(), match.end(), 1.0, "date"))
    return found


def parse_windows(text: str) -> tuple[str, ...]:
    """``"1M,3M,12M"``, ``"近三个月"`` or ``"1M/YTD"`` as canonical windows.

    Raises:
        InputError: There is no window in the text.
    """
    found = find_windows(text.replace("/", ","))
    if not found:
        raise InputError(
            _("{text} is no window.", text=repr(text[:40])),
            hint=_("Write 1M, 3M, 12M, 1Y or YTD, or several with commas."),
        )
    return tuple(str(found[0].value).split(","))


def window_start(window: str, last: date) -> date:
    """The day a window begins: calendar months back from the last close, clipped to the month's end.

    The base price is the close of that day, or of the last session before it. YTD begins on 31 December.
    """
    if window == "YTD":
        return date(last.year - 1, 12, 31)
    months = last.year * 12 + last.month - 1 - int(window.removesuffix("M"))
    year, month = divmod(months, 12)
    month += 1
    return date(year, month, min(last.day, calendar.monthrange(year, month)[1]))
