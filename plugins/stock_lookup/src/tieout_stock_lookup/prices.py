"""Reads daily prices from a CSV file, row by row, and says what is wrong with which line."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from tieout.errors import InputError
from tieout.plugin import translator
from tieout.text import clean_line

__all__ = ["Bar", "LineProblem", "ParsedPrices", "is_demo_symbol", "parse_prices"]

_ = translator("tieout_stock_lookup")

MAX_BYTES = 20_000_000
_HEADERS = {
    "date": "date 日期 交易日期 交易日 tradedate time datetime timestamp 时间",
    "open": "open 开盘 开盘价 今开 openprice",
    "high": "high 最高 最高价 highprice",
    "low": "low 最低 最低价 lowprice",
    "close": "close 收盘 收盘价 closeprice last 最新价",
    "volume": "volume vol 成交量 成交量(股) 成交量(手)",
    "adj": "adjclose adjustedclose adj 复权收盘 复权收盘价 后复权收盘 后复权收盘价 后复权 hfqclose closehfq",
    "symbol": "symbol code ticker 代码 股票代码 证券代码 tscode 指数代码",
    "name": "name 名称 股票名称 证券名称 指数名称 股票简称",
}
_COLUMNS = {header: column for column, headers in _HEADERS.items() for header in headers.split()}
_DATE = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:[ T].*)?"
)


class Bar(NamedTuple):
    """One session in the security's currency, as traded; ``adjusted`` is the close with splits and dividends."""

    day: date
    close: float
    open: float | None = None
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    adjusted: float | None = None


@dataclass(frozen=True)
class LineProblem:
    """A line of the file that was left out, and why."""

    line: int
    reason: str


@dataclass
class ParsedPrices:
    """What a file holds: bars in the order of their days, each day once."""

    bars: list[Bar]
    problems: list[LineProblem] = field(default_factory=list[LineProblem])
    symbol: str = ""
    name: str = ""
    demo: bool = False
    """The file says in a comment that its prices are synthetic."""


def is_demo_symbol(symbol: str) -> bool:
    """Whether the symbol is one of made-up securities, ``DEMOA`` or ``DEMOA.DEMO``."""
    return re.fullmatch(r"DEMO[A-Z0-9]{0,4}(?:\.DEMO)?", symbol.upper()) is not None


def parse_prices(data: bytes, *, today: date) -> ParsedPrices:
    """Read a CSV with one header line in English or Chinese; UTF-8, UTF-16 or GBK; comma, semicolon or tab.

    A date and a close are needed; open, high, low, volume, an adjusted close, symbol and name are taken when there.
    Lines that cannot be right (no number, NaN, negative, high below low, a day twice with different prices) are left
    out and reported.

    Args:
        data: The file's bytes.
        today: Days after it are refused.

    Raises:
        InputError: It is no CSV, has no usable header, no good line, or holds several securities.
    """
    text = _decode(data)
    _refuse_other_formats(data, text)
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    comments = [line for _number, line in lines if line.lstrip().startswith("#")]
    rows = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    if not rows:
        raise InputError(_("The price file is empty."), hint=_header_hint())
    delimiter = max(",;\t", key=rows[0][1].count)
    columns = _columns(next(csv.reader([rows[0][1]], delimiter=delimiter)))
    parsed = ParsedPrices([], demo=any(re.search(r"demo|synthetic|演示|虚构", c, re.I) for c in comments))
    _read_rows(parsed, _cells(rows[1:], delimiter, columns), today)
    if not parsed.bars:
        message = _("The price file has no usable line.")
        if parsed.problems:
            first = parsed.problems[0]
            message += " " + _("Line {line}: {reason}", line=first.line, reason=first.reason)
        raise InputError(message, hint=_header_hint())
    if len(parsed.problems) > len(parsed.bars):
        problem = parsed.problems[0]
        raise InputError(
            _(
                "{bad} of {all} lines of the price file cannot be used, so nothing was imported. Line {line}: {reason}",
                bad=len(parsed.problems),
                all=len(parsed.problems) + len(parsed.bars),
                line=problem.line,
                reason=problem.reason,
            ),
            hint=_header_hint(),
        )
    return parsed


def _header_hint() -> str:
    return _("Give a CSV file with a header line such as: date,open,high,low,close,volume")


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(
            _(
                "The price file has {size} MB; at most {limit} MB are read.",
                size=len(data) // 10**6,
                limit=MAX_BYTES // 10**6,
            )
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\x00" in data[:4096]:
        encodings = []
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    if data[:4] == b"PK\x03\x04":
        raise InputError(
            _("This is a spreadsheet or archive, not a CSV file."), hint=_("Save it as CSV first.")
        )
    raise InputError(_("The price file is neither UTF-8 nor GBK text."), hint=_("Save it as CSV in UTF-8."))


def _refuse_other_formats(data: bytes, text: str) -> None:
    head = text[:1000].lstrip().lower()
    if data[:4] == b"PK\x03\x04":
        raise InputError(
            _("This is a spreadsheet or archive, not a CSV file."), hint=_("Save it as CSV first.")
        )
    if head.startswith("<") or "<html" in head:
        raise InputError(
            _("This is a web page (HTML), not a CSV file."),
            hint=_(
                "A site that asks for a log-in often sends a page instead of the file; look at it in a browser."
            ),
        )
    if head.startswith(("{", "[")):
        raise InputError(_("This is JSON, not a CSV file."), hint=_header_hint())


def _columns(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = re.sub(r"[\s_.\-\"']+", "", cell).lower()
        if column := _COLUMNS.get(name):
            found.setdefault(column, place)
    if "close" not in found and "adj" in found:
        found["close"] = found["adj"]
    missing = [column for column in ("date", "close") if column not in found]
    if missing:
        raise InputError(
            _(
                "The header of the price file has no column for: {columns}. It reads: {header}",
                columns=", ".join(missing),
                header=clean_line(", ".join(header), limit=120),
            ),
            hint=_header_hint(),
        )
    return found


def _cells(
    rows: list[tuple[int, str]], delimiter: str, columns: dict[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in rows:
        cells = next(csv.reader(io.StringIO(line), delimiter=delimiter))
        yield (
            number,
            {name: cells[place].strip() if place < len(cells) else "" for name, place in columns.items()},
        )


class _BadLine(Exception):
    pass


def _read_rows(parsed: ParsedPrices, rows: Iterator[tuple[int, dict[str, str]]], today: date) -> None:
    found: dict[date, tuple[int, Bar]] = {}
    conflicting: set[date] = set()
    for number, cells in rows:
        try:
            bar = _bar(cells, today)
            _take_identity(parsed, cells)
        except _BadLine as problem:
            parsed.problems.append(LineProblem(number, str(problem)))
            continue
        if bar.day not in found:
            found[bar.day] = (number, bar)
        else:
            first, other = found[bar.day]
            same = other == bar
            reason = _("the day {day} stands in line {first} already", day=bar.day, first=first)
            if not same:
                reason += _(", with other prices; both lines are left out")
                conflicting.add(bar.day)
            parsed.problems.append(LineProblem(number, reason))
    for day in conflicting:
        parsed.problems.append(
            LineProblem(found.pop(day)[0], _("the day {day} comes again with other prices", day=day))
        )
    parsed.problems.sort(key=lambda problem: problem.line)
    parsed.bars = [found[day][1] for day in sorted(found)]
    if 0 < sum(bar.adjusted is None for bar in parsed.bars) < len(parsed.bars):
        # A series that is adjusted in parts would show jumps that never happened.
        parsed.bars = [bar._replace(adjusted=None) for bar in parsed.bars]
        parsed.problems.append(
            LineProblem(0, _("some lines have no adjusted close, so that column was not used"))
        )


def _take_identity(parsed: ParsedPrices, cells: dict[str, str]) -> None:
    symbol = clean_line(cells.get("symbol", ""), limit=40)
    if symbol and parsed.symbol and symbol != parsed.symbol:
        raise InputError(
            _(
                "The price file holds several securities ({first}, {second}).",
                first=parsed.symbol,
                second=symbol,
            ),
            hint=_("Split it into one file for each."),
        )
    parsed.symbol = parsed.symbol or symbol
    parsed.name = parsed.name or clean_line(cells.get("name", ""), limit=40)


def _bar(cells: dict[str, str], today: date) -> Bar:
    day = _day(cells["date"], today)
    close = _number(cells["close"], "close")
    if close is None:
        raise _BadLine(_("no close"))
    prices = {name: _number(cells.get(name, ""), name) for name in ("open", "high", "low", "adj")}
    volume = _number(cells.get("volume", ""), "volume", zero=True)
    high, low, first = prices["high"], prices["low"], prices["open"]
    inside = [close, *([first] if first is not None else [])]
    if high is not None and (high < max(inside) or (low is not None and high < low)):
        raise _BadLine(_("the high {high} is below another price of the day", high=f"{high:g}"))
    if low is not None and low > min(inside):
        raise _BadLine(_("the low {low} is above another price of the day", low=f"{low:g}"))
    return Bar(day, close, first, high, low, volume, prices["adj"])


def _day(text: str, today: date) -> date:
    match = _DATE.fullmatch(text.strip("'\" "))
    shown = clean_line(text, limit=30)
    if match is None:
        raise _BadLine(_("{text} is no date (write 2024-04-19)", text=repr(shown)))
    year, *parts = match.groups()
    month, day = [part for part in parts if part is not None]
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise _BadLine(_("{text} is no day of the calendar", text=repr(shown))) from None
    if found > today + timedelta(days=1):
        raise _BadLine(_("{text} is in the future", text=repr(shown)))
    return found


def _number(text: str, column: str, *, zero: bool = False) -> float | None:
    plain = re.sub(r"[,\s'\"$¥¥]", "", text)
    if plain in ("", "-", "--", "null", "None", "N/A", "n/a"):
        return None
    try:
        value = float(plain)
    except ValueError:
        raise _BadLine(
            _("{column} {text} is no number", column=column, text=repr(clean_line(text, limit=30)))
        ) from None
    if not math.isfinite(value):
        raise _BadLine(_("{column} is {text}", column=column, text=clean_line(text, limit=30)))
    if value < 0 or (value == 0 and not zero):
        raise _BadLine(
            _("{column} is {text}, and a price is above zero", column=column, text=clean_line(text, limit=30))
        )
    return value
