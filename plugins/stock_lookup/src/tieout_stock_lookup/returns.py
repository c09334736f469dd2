"""Returns of a share and of an index over windows, and the relative return as brokers print it.

Windows count calendar months back from the last close; where that day has no close, the last one before it is the
base. Relative = absolute minus index, in percentage points: the tables of broker reports add up that way, and not
as a ratio. ``geometric`` gives the ratio for those who want it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from tieout.plugin import translator
from tieout_stock_lookup.prices import Bar
from tieout_stock_lookup.store import PriceSeries
from tieout_stock_lookup.windows import window_start

__all__ = ["Method", "RelativeReturn", "Return", "compute_returns", "last_on_or_before"]

_ = translator("tieout_stock_lookup")

Method = Literal["arithmetic", "geometric"]
# The longest closure of a mainland exchange is the Spring Festival week, 10 to 11 days from close to close.
_LONGEST_CLOSURE = 12
_JUMP = 1.5


@dataclass(frozen=True)
class Return:
    """The change between two closes of one series, in per cent."""

    base: Bar
    end: Bar
    base_close: float
    end_close: float

    @property
    def percent(self) -> float:
        """Change in per cent of the base."""
        return (self.end_close / self.base_close - 1.0) * 100.0


@dataclass(frozen=True)
class RelativeReturn:
    """One window: absolute, index and relative, each ``None`` where it cannot be said, with the reason."""

    window: str
    start: date
    absolute: Return | None
    index: Return | None = None
    relative: float | None = None
    """Percentage points (arithmetic) or per cent (geometric)."""
    reason: str = ""
    flags: tuple[str, ...] = ()


def last_on_or_before(bars: Sequence[Bar], day: date) -> Bar | None:
    """The last bar that is not after ``day``."""
    place = bisect_right(bars, day, key=lambda bar: bar.day)
    return bars[place - 1] if place else None


def compute_returns(
    series: PriceSeries,
    windows: Sequence[str],
    *,
    benchmark: PriceSeries | None = None,
    as_of: date | None = None,
    method: Method = "arithmetic",
) -> list[RelativeReturn]:
    """Absolute, index and relative return for each window up to the last close on or before ``as_of``.

    Adjusted closes are used where every bar has one, else the closes as traded; the flags say which matters.
    A window that begins before the first bar gives no number and says so.
    """
    end = last_on_or_before(series.bars, as_of) if as_of else series.bars[-1] if series.bars else None
    if end is None:
        reason = _("there is no close on or before {day}", day=as_of)
        return [RelativeReturn(window, as_of or date.min, None, reason=reason) for window in windows]
    return [_one_window(series, window, end, benchmark, as_of, method) for window in windows]


def _one_window(
    series: PriceSeries,
    window: str,
    end: Bar,
    benchmark: PriceSeries | None,
    as_of: date | None,
    method: Method,
) -> RelativeReturn:
    start = window_start(window, end.day)
    base = last_on_or_before(series.bars, start)
    if base is None:
        reason = _(
            "prices begin on {first}, after the window's first day {start}",
            first=series.bars[0].day,
            start=start,
        )
        return RelativeReturn(window, start, None, reason=reason)
    absolute = _change(series, base, end)
    flags = _flags(series, base, end, start, as_of)
    if benchmark is None:
        return RelativeReturn(window, start, absolute, flags=flags)
    index_base, index_end = (
        last_on_or_before(benchmark.bars, start),
        last_on_or_before(benchmark.bars, end.day),
    )
    if index_base is None or index_end is None or (end.day - index_end.day).days > _LONGEST_CLOSURE:
        reason = _("the index has no close near {day}", day=start if index_base is None else end.day)
        return RelativeReturn(window, start, absolute, reason=reason, flags=flags)
    index = _change(benchmark, index_base, index_end)
    if base.day < index_base.day:
        flags += (
            _(
                "no trading from {base} to {index}: suspended, or lines are missing",
                base=base.day,
                index=index_base.day,
            ),
        )
    if index_end.day != end.day:
        flags += (_("the index's last close is of {day}", day=index_end.day),)
    ratio = (1 + absolute.percent / 100) / (1 + index.percent / 100) - 1
    relative = ratio * 100 if method == "geometric" else absolute.percent - index.percent
    return RelativeReturn(window, start, absolute, index, relative, flags=flags)


def _change(series: PriceSeries, base: Bar, end: Bar) -> Return:
    if series.adjusted and base.adjusted is not None and end.adjusted is not None:
        return Return(base, end, base.adjusted, end.adjusted)
    return Return(base, end, base.close, end.close)


def _flags(series: PriceSeries, base: Bar, end: Bar, start: date, as_of: date | None) -> tuple[str, ...]:
    flags: list[str] = []
    if (start - base.day).days > _LONGEST_CLOSURE:
        flags.append(_("the last close before {start} is of {day}", start=start, day=base.day))
    if as_of is not None and (as_of - end.day).days > _LONGEST_CLOSURE:
        flags.append(_("the last close before {start} is of {day}", start=as_of, day=end.day))
    if not series.adjusted:
        inside = [bar for bar in series.bars if base.day <= bar.day <= end.day]
        for before, after in pairwise(inside):
            if not 1 / _JUMP < after.close / before.close < _JUMP:
                flags.append(
                    _(
                        "the close jumps on {day}: a split or a bonus issue? Import adjusted closes",
                        day=after.day,
                    )
                )
                break
    return tuple(flags)
