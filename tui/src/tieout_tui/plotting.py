"""Small charts of characters: bars, and points on a grid. Series differ by their sign, never by colour alone."""

from __future__ import annotations

__all__ = ["plot_lines"]

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from tieout.text import clean_line

if TYPE_CHECKING:
    from tieout.contract.cards import Plot, Series

_SIGNS = "●○▲△■□◆◇"
_ROWS = 10
_MOST_BARS = 40
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def plot_lines(plot: Plot, width: int) -> list[str]:
    """The chart as lines of at most ``width`` cells: title, drawing, axes in words."""
    title = [clean_line(plot.title)] if plot.title else []
    width = max(24, width)
    if plot.kind in ("bar", "interval"):
        return title + _bars(plot, width)
    return title + _grid(plot, width)


def _bars(plot: Plot, width: int) -> list[str]:
    rows = [
        (_label(plot, series, index), value, _band(series, index))
        for series in plot.series
        for index, value in enumerate(series.y)
    ]
    shown = rows[:_MOST_BARS]
    if not shown:
        return []
    named = min(max(cell_len(label) for label, _value, _band in shown), width // 2)
    room = max(4, width - named - 24)
    top = max((abs(value) for _label, value, _band in shown if math.isfinite(value)), default=0.0) or 1.0
    lines = [
        f"{set_cell_size(label, named)} {_bar(value / top, room)} {value:g}{band}"
        for label, value, band in shown
    ]
    if len(rows) > len(shown):
        lines.append(f"… +{len(rows) - len(shown)}")
    return [*lines, clean_line(plot.y_label)] if plot.y_label else lines


def _bar(share: float, room: int) -> str:
    if not math.isfinite(share):
        return "?"
    eighths = round(min(abs(share), 1.0) * room * 8)
    bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return ("-" if share < 0 else "") + bar


def _band(series: Series, index: int) -> str:
    if index < len(series.low) and index < len(series.high):
        return f" ({series.low[index]:g}–{series.high[index]:g})"
    return ""


def _label(plot: Plot, series: Series, index: int) -> str:
    return clean_line(plot.row_name(series, index), limit=60)


def _grid(plot: Plot, width: int) -> list[str]:
    points = [
        (x, y, number)
        for number, series in enumerate(plot.series)
        for x, y in zip(series.x, series.y, strict=False)
        if _drawable(x, log=plot.x_log) and _drawable(y, log=plot.y_log)
    ]
    if not points:
        return []
    xs, ys = [x for x, _y, _n in points], [y for _x, y, _n in points]
    margin = max(len(f"{min(ys):g}"), len(f"{max(ys):g}"))
    columns = min(72, width - margin - 3)
    cells = [[" "] * columns for _row in range(_ROWS)]
    for x, y, number in points:
        column = round(_place(x, min(xs), max(xs), log=plot.x_log) * (columns - 1))
        row = round((1 - _place(y, min(ys), max(ys), log=plot.y_log)) * (_ROWS - 1))
        cells[row][column] = _SIGNS[number % len(_SIGNS)]
    lines = [clean_line(plot.y_label)] if plot.y_label else []
    for row, line in enumerate(cells):
        edge = f"{max(ys):g}" if row == 0 else f"{min(ys):g}" if row == _ROWS - 1 else ""
        lines.append(f"{edge:>{margin}} ┤{''.join(line)}".rstrip())
    first, last = f"{min(xs):g}", f"{max(xs):g}"
    lines.append(" " * margin + " └" + "─" * columns)
    lines.append(" " * (margin + 2) + first + last.rjust(max(1, columns - len(first))))
    if plot.x_label:
        lines.append(" " * (margin + 2) + clean_line(plot.x_label))
    if len(plot.series) > 1 or any(series.name for series in plot.series):
        lines += [
            f"{_SIGNS[n % len(_SIGNS)]} {clean_line(series.name)}" for n, series in enumerate(plot.series)
        ]
    return lines


def _drawable(value: float, *, log: bool) -> bool:
    return math.isfinite(value) and (not log or value > 0)


def _place(value: float, low: float, high: float, *, log: bool) -> float:
    """Where ``value`` lies between ``low`` (0) and ``high`` (1)."""
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return 0.5 if high <= low else (value - low) / (high - low)
