"""Values by what they measure, so that a number of an answer meets only those it can be a rounding of."""

from __future__ import annotations

__all__ = ["MOST_FIGURES", "Figures", "Known", "ValueIndex", "is_distinct"]

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tieout.contract.figures import Figure, Formula, ReportSpan, TableRow
from tieout.evidence import Evidence, EvidenceBook
from tieout.quantities import DEFAULT, Quantity, rounding_interval

MOST_FIGURES = 20_000
"""Figures of one turn that are looked at, the nearest to the answer first: results, their inputs, earlier turns."""
# Figures that one number is compared with; equal values beyond these add nothing.
_MOST_HITS = 64
# "more than 25 %" is a fair word for 27.6 %, "more than 5 %" is not.
_BOUND_REACH = 0.25
# A range this wide, in parts of its lower end, says nothing about one value inside it.
_WIDEST_RANGE = 0.5
_WIDEST_ROUNDING = 0.1


class ValueIndex:
    """Places of values, found by unit and size in logarithmic time."""

    def __init__(self) -> None:
        self._by_dimension: dict[str, list[tuple[float, int]]] = {}
        self._as_printed: list[tuple[float, int]] = []
        self._by_unknown: dict[str, list[tuple[float, int]]] = {}
        self._sorted = True

    def add(self, value: float, unit: str, place: int) -> None:
        """Remember that ``value`` of ``unit`` stands at ``place``."""
        self._sorted = False
        self._as_printed.append((value, place))
        if unit not in DEFAULT:
            self._by_unknown.setdefault(unit.lower(), []).append((value, place))
            return
        known = DEFAULT.get(unit)
        self._by_dimension.setdefault(known.dimension, []).append((value * known.factor, place))
        if known.symbol == "ratio":
            self._as_printed.append((value * 100, place))

    def within(self, low: float, high: float, unit: str) -> list[int]:
        """Places of the values between ``low`` and ``high`` of ``unit``, whatever unit they were given in."""
        self._sort()
        known = DEFAULT.get(unit)
        values = self._by_dimension.get(known.dimension, [])
        return _between(values, low * known.factor, high * known.factor)

    def printed_within(self, low: float, high: float) -> list[int]:
        """Places of the values that read between ``low`` and ``high`` when their unit is left out."""
        self._sort()
        return _between(self._as_printed, low, high)

    def unknown_unit(self, low: float, high: float, following: str) -> list[int]:
        """Places of values in a unit that the table lacks and with which the text after the number begins."""
        self._sort()
        words = following.lstrip(" ").lower()
        for unit, values in self._by_unknown.items():
            if unit and words.startswith(unit):
                return _between(values, low, high)
        return []

    def _sort(self) -> None:
        if not self._sorted:
            for values in (*self._by_dimension.values(), *self._by_unknown.values(), self._as_printed):
                values.sort()
            self._sorted = True


def _between(values: list[tuple[float, int]], low: float, high: float) -> list[int]:
    # Converting to base units rounds in the last place of a double.
    if not values:
        return []
    slack = 1e-12 * max(abs(low), abs(high))
    first = bisect_left(values, (low - slack, -1))
    last = bisect_right(values, (high + slack, MOST_FIGURES * 4))
    return sorted({place for _, place in values[first : min(last, first + _MOST_HITS)]})


def is_distinct(number: Quantity) -> bool:
    """Whether a number without a unit is hardly a chance hit: three digits, or a magnitude (27.6, 640 万)."""
    return sum(map(str.isdecimal, number.text.lstrip("0.+-"))) >= 3 or abs(number.value) >= 1000


@dataclass(frozen=True, slots=True)
class Known:
    """One figure with the evidence that it belongs to."""

    item: Evidence
    figure: Figure
    prior: bool
    """It stands in an earlier turn."""


class Figures:
    """The figures of a turn, each once, in the order in which an answer leans on them."""

    def __init__(self, book: EvidenceBook) -> None:
        self.known: list[Known] = []
        self.index = ValueIndex()
        self._prices = ValueIndex()
        """Prices per something by their currency alone."""
        self.any_negative = False
        """Whether a figure is below zero, so that a fall may be told without a minus."""
        earlier = {id(item) for item in book.prior}
        seen: set[tuple[object, ...]] = set()
        for item, figure in islice(book.walk(), MOST_FIGURES):
            key = _key(figure)
            if key in seen:
                continue
            seen.add(key)
            place = len(self.known)
            self.known.append(Known(item, figure, id(item) in earlier))
            for value in (figure.value, figure.low, figure.high):
                if value is not None:
                    self.any_negative |= value < 0
                    self.index.add(value, figure.unit, place)
                    currency, per, _ = figure.unit.partition("/")
                    if per and currency in DEFAULT and DEFAULT.get(currency).dimension.startswith("money:"):
                        self._prices.add(value, currency, place)

    def behind(self, number: Quantity, following: str) -> list[Known]:
        """The figures of which ``number`` is a right rounding, by its unit; ``following`` is the text after it."""
        if number.kind in ("date", "period", "ordinal", "label"):
            return []
        return [self.known[place] for place in self._places(self.index, number, following)]

    def priced(self, number: Quantity) -> list[Known]:
        """The prices per hour, per token … that a sum of money states when its sentence says per what."""
        if number.kind != "money" or "/" in number.unit:
            return []
        return [self.known[place] for place in self._places(self._prices, number, "")]

    def printed_like(self, number: Quantity) -> list[Known]:
        """The figures that read like ``number``, whose unit was left out."""
        if number.kind != "number" or number.unit or number.low is not None:
            return []
        return [self.known[place] for place in self.index.printed_within(*rounding_interval(number))]

    def _places(self, index: ValueIndex, number: Quantity, following: str) -> list[int]:
        low, high = _reach(number)
        if number.low is None or number.high is None:
            places = index.within(low, high, number.unit)
            return places or ([] if number.unit else index.unknown_unit(low, high, following))
        halves = (_low_step(number) / 2, number.step / 2)
        ends = [
            index.within(end - half, end + half, number.unit)
            for end, half in zip((number.low, number.high), halves, strict=True)
        ]
        if all(ends):
            both = [place for place in ends[0] if place in ends[1]]
            return both or ends[0]
        return [
            place
            for place in index.within(low, high, number.unit)
            if self._lies_within(place, low, high, number)
        ]

    def _lies_within(self, place: int, low: float, high: float, shown: Quantity) -> bool:
        """Whether the figure itself, not only an end of its own interval, lies in a range that is no wider than fair.

        A figure with an interval of its own allows only a range that may be a rounding of the figure.
        """
        figure = self.known[place].figure
        widest = _WIDEST_RANGE if figure.low is None else _WIDEST_ROUNDING
        if high - low > max(widest * abs(low), shown.step) + 2 * shown.step:
            return False
        unit = (
            figure.unit.partition("/")[0] if shown.kind == "money" and "/" not in shown.unit else figure.unit
        )
        return low <= DEFAULT.convert(figure.value, unit, shown.unit) <= high


def _low_step(number: Quantity) -> float:
    """One unit of the last printed digit of a range's lower end, which may have more decimals than the upper."""
    decimals = [len(match[1] or "") for match in re.finditer(r"\d(?:\.(\d+))?(?![\d.])", number.text)]
    return number.step * 10.0 ** (decimals[-1] - decimals[0]) if len(decimals) > 1 else number.step


def _reach(number: Quantity) -> tuple[float, float]:
    low, high = rounding_interval(number)
    if number.low is not None:
        return low, high
    reach = _BOUND_REACH * abs(number.value)
    if number.bound == "at least":
        return low, max(high, number.value + reach)
    if number.bound == "at most":
        return min(low, number.value - reach), high
    return low, high


def _key(figure: Figure) -> tuple[object, ...]:
    origin = figure.origin
    match origin:
        case Formula(expression=expression):
            source: tuple[object, ...] = (expression,)
        case ReportSpan(document=document, page=page, start=start):
            source = (document, page, start)
        case TableRow(table=table, row=row, field=field):
            source = (table, row, field)
        case _:
            source = ()
    return (
        figure.value,
        figure.low,
        figure.high,
        figure.unit,
        figure.subject,
        figure.metric,
        type(origin),
        source,
    )


def every_origin_text(figures: Figures) -> Iterator[str]:
    """Names, titles and sources that the evidence carries, and that an answer may cite."""
    for known in figures.known:
        figure = known.figure
        yield figure.subject
        match figure.origin:
            case Formula(name=name, reference=reference, convention=convention):
                yield from (name, reference, convention)
            case ReportSpan(title=title, publisher=publisher):
                yield from (title, publisher)
            case TableRow(table=table, row=row, source=source):
                yield from (table, row, source)
            case _:
                pass
