"""A Plot as an SVG file: axes with round ticks, bands, lines, points, and horizontal bars. Text only, no script."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tieout.plugin import Plot, Series
from tieout.text import clean_line

__all__ = ["svg_chart"]

WIDTH, HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 24, 46, 88
_BAR = 34
_COLOURS = ("#1f5fa8", "#c05a17", "#2e7d4f", "#8a3f8f", "#a8861f", "#555f6b")
"""Told apart by people with the common forms of colour blindness; lines differ in their dashes as well."""
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 4", "5 2")
_FONTS = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, Noto Sans, DejaVu Sans, Arial, sans-serif"
_STYLE = f"font-family='{_FONTS}' font-size='13' fill='#222'"


@dataclass(frozen=True)
class _Axis:
    """A scale from data to pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def at(self, value: float) -> float:
        """Pixel of a value; values outside are cut off."""
        low, high, value = (
            (math.log10(part) for part in (self.low, self.high, max(value, self.low)))
            if self.log
            else (self.low, self.high, value)
        )
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values within the ends: powers of ten with 2 and 5 between them, or steps of 1, 2, 5."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            powers = [10.0**power for power in range(first, last + 1)]
            found = powers if last - first > 4 else [power * part for power in powers for part in (1, 2, 5)]
            found = found[:: max(1, len(found) // 12)]
        else:
            step = _round_step((self.high - self.low) / 5)
            first = math.ceil(self.low / step - 1e-9)
            found = [step * number for number in range(first, math.floor(self.high / step + 1e-9) + 1)]
        return [value for value in found if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]


def svg_chart(plot: Plot) -> str:
    """The chart as the text of an SVG file, 760 pixels wide.

    Raises:
        ValueError: The plot has no points.
    """
    if not any(series.x for series in plot.series):
        raise ValueError("a chart needs at least one point")
    parts = _rows(plot) if plot.kind in ("bar", "interval") else _lines(plot)
    height = parts.height
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' "
        f"viewBox='0 0 {WIDTH} {height}' role='img'>"
    )
    title = _shown(plot.title)
    return "\n".join(
        [
            head,
            f"<title>{title}</title>",
            f"<rect width='{WIDTH}' height='{height}' fill='#fff'/>",
            f"<g {_STYLE}>",
            f"<text x='{_LEFT}' y='26' font-size='16' font-weight='600'>{title}</text>",
            *parts.body,
            "</g>",
            "</svg>",
            "",
        ]
    )


@dataclass(frozen=True)
class _Body:
    body: list[str]
    height: int


def _lines(plot: Plot) -> _Body:
    """Lines, bands and points over two axes."""
    points = [(x, y) for series in plot.series for x, y in zip(series.x, series.y, strict=True)]
    ends = [end for series in plot.series for end in (*series.low, *series.high)]
    across = _axis([x for x, _y in points], _LEFT, WIDTH - _RIGHT, log=plot.x_log)
    up = _axis([*(y for _x, y in points), *ends], HEIGHT - _BOTTOM, _TOP, log=plot.y_log)
    body = [*_grid(across, up), *_labels(plot)]
    for number, series in enumerate(plot.series):
        body += _series(series, number, across.at, up.at, scatter=plot.kind == "scatter")
    return _Body([*body, *_legend(plot.series)], HEIGHT + 22 * max(0, (len(plot.series) - 1) // 3))


def _grid(across: _Axis, up: _Axis) -> list[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    body = [
        f"<path d='M{_LEFT} {_TOP}V{bottom}H{right}' fill='none' stroke='#444'/>",
    ]
    for value in across.ticks():
        x = across.at(value)
        body.append(f"<path d='M{x:.1f} {_TOP}V{bottom}' stroke='#e4e4e4'/>")
        body.append(f"<text x='{x:.1f}' y='{bottom + 18}' text-anchor='middle'>{_number(value)}</text>")
    for value in up.ticks():
        y = up.at(value)
        body.append(f"<path d='M{_LEFT} {y:.1f}H{right}' stroke='#e4e4e4'/>")
        body.append(f"<text x='{_LEFT - 8}' y='{y + 4:.1f}' text-anchor='end'>{_number(value)}</text>")
    return body


def _labels(plot: Plot) -> list[str]:
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    return [
        (
            f"<text x='{(_LEFT + WIDTH - _RIGHT) / 2}' y='{HEIGHT - _BOTTOM + 38}' text-anchor='middle'>"
            f"{_shown(plot.x_label)}</text>"
        ),
        (
            f"<text x='18' y='{middle}' text-anchor='middle' transform='rotate(-90 18 {middle})'>"
            f"{_shown(plot.y_label)}</text>"
        ),
    ]


def _series(
    series: Series,
    number: int,
    across: Callable[[float], float],
    up: Callable[[float], float],
    *,
    scatter: bool,
) -> list[str]:
    colour, dash = _COLOURS[number % len(_COLOURS)], _dash(number)
    body: list[str] = []
    if series.low and series.high:
        there = [f"{across(x):.1f} {up(y):.1f}" for x, y in zip(series.x, series.high, strict=True)]
        back = [f"{across(x):.1f} {up(y):.1f}" for x, y in zip(series.x, series.low, strict=True)]
        body.append(
            f"<path d='M{'L'.join([*there, *reversed(back)])}Z' fill='{colour}' fill-opacity='0.16'/>"
        )
    places = [(across(x), up(y)) for x, y in zip(series.x, series.y, strict=True)]
    if len(places) > 1 and not scatter:
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        body.append(f"<path d='M{line}' fill='none' stroke='{colour}' stroke-width='2'{dash}/>")
    else:
        body += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='5' fill='{colour}'/>" for x, y in places]
    return body


def _legend(series: Sequence[Series]) -> list[str]:
    body: list[str] = []
    for number, item in enumerate(series):
        if not item.name:
            continue
        x, y = _LEFT + (number % 3) * 220, HEIGHT - _BOTTOM + 64 + 22 * (number // 3)
        colour, dash = _COLOURS[number % len(_COLOURS)], _dash(number)
        mark = (
            f"<circle cx='{x + 12}' cy='{y - 4}' r='5' fill='{colour}'/>"
            if len(item.x) == 1
            else f"<path d='M{x} {y - 4}h24' stroke='{colour}' stroke-width='3'{dash}/>"
        )
        body += [mark, f"<text x='{x + 32}' y='{y}'>{_shown(item.name)}</text>"]
    return body


def _rows(plot: Plot) -> _Body:
    """One row per value: a bar from zero, or an interval with its middle marked."""
    rows = [
        (plot.row_name(series, index), y, _ends(series, index))
        for series in plot.series
        for index, y in enumerate(series.y)
    ]
    left = 24 + 8 * max(min(len(name), 40) + _wide(name[:40]) for name, _y, _e in rows)
    left = min(max(left, _LEFT), WIDTH // 2)
    bottom = _TOP + _BAR * len(rows) + 8
    values = [end for _name, _y, ends in rows for end in ends]
    if plot.kind == "bar" and not plot.y_log:
        values.append(0.0)
    across = _axis(values, left, WIDTH - 90, log=plot.y_log)
    body = [f"<path d='M{left} {_TOP}V{bottom}H{WIDTH - 90}' fill='none' stroke='#444'/>"]
    for value in across.ticks():
        x = across.at(value)
        body.append(f"<path d='M{x:.1f} {_TOP}V{bottom}' stroke='#e4e4e4'/>")
        body.append(f"<text x='{x:.1f}' y='{bottom + 18}' text-anchor='middle'>{_number(value)}</text>")
    for number, (name, y, (low, high)) in enumerate(rows):
        middle = _TOP + _BAR * (number + 0.5) + 4
        start = across.at(0.0 if plot.kind == "bar" and not plot.y_log else low)
        end = across.at(y if plot.kind == "bar" else high)
        body += [
            f"<text x='{left - 10}' y='{middle + 4:.1f}' text-anchor='end'>{_shown(name, 40)}</text>",
            (
                f"<rect x='{min(start, end):.1f}' y='{middle - 9:.1f}' width='{max(abs(end - start), 1.5):.1f}' "
                f"height='18' fill='{_COLOURS[0]}' fill-opacity='{0.85 if plot.kind == 'bar' else 0.35}'/>"
            ),
        ]
        if plot.kind == "interval":
            body.append(f"<circle cx='{across.at(y):.1f}' cy='{middle:.1f}' r='5' fill='{_COLOURS[1]}'/>")
        shown = _number(y) if plot.kind == "bar" or low == high else f"{_number(low)} – {_number(high)}"
        body.append(f"<text x='{WIDTH - 84}' y='{middle + 4:.1f}' font-size='11'>{shown}</text>")
    label = f"<text x='{(left + WIDTH - 90) / 2}' y='{bottom + 38}' text-anchor='middle'>{_shown(plot.y_label)}</text>"
    return _Body([*body, label], bottom + 52)


def _ends(series: Series, index: int) -> tuple[float, float]:
    if index < len(series.low) and index < len(series.high):
        return series.low[index], series.high[index]
    return series.y[index], series.y[index]


def _axis(values: Sequence[float], start: float, end: float, *, log: bool) -> _Axis:
    # Numbers so small that a tenth of them is no number any more count as zero.
    finite = [value if abs(value) > 1e-290 else 0.0 for value in values if math.isfinite(value)] or [0.0, 1.0]
    if log and min(finite) > 0:
        low, high = min(finite), max(finite)
        room = max((high / low) ** 0.04, 1.1)
        return _Axis(low / room, high * room, start, end, log=True)
    low, high = min(finite), max(finite)
    room = 0.05 * (high - low) or abs(high) * 0.1 or 1.0
    return _Axis(low - room if low else 0.0, high + room, start, end, log=False)


def _dash(number: int) -> str:
    pattern = _DASHES[number % len(_DASHES)]
    return f" stroke-dasharray='{pattern}'" if pattern else ""


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * part for part in (1.0, 2.0, 5.0, 10.0) if power * part >= rough * 0.999)


def _number(value: float) -> str:
    """Short: 70B, 1.2M, 0.05.

    >>> _number(7e10), _number(0.05), _number(1500)
    ('70B', '0.05', '1,500')
    """
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if 1e15 > abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    if abs(value) >= 1e15 or 0 < abs(value) < 1e-3:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _wide(text: str) -> int:
    return sum(ord(letter) > 0x2E80 for letter in text)


def _shown(text: str, limit: int = 90) -> str:
    return escape(clean_line(text, limit=limit))
