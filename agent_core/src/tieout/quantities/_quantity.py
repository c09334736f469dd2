"""The record of one quantity in a text."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "percent", "money", "date", "period", "ordinal", "multiple", "label"]
"""``label`` is a number that is part of a name (the 3 of Llama 3); ``ordinal`` numbers a place (第 3, Table 2)."""
Bound = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number with its unit, or one date or period, as written at ``start:end`` of a text."""

    value: float
    """In ``unit``, magnitudes multiplied out (``640 万 GPU 小时``: 6.4e6 GPU-hour). The middle of a range. For dates
    and periods the year, 0 when the text gives none."""
    unit: str
    """Canonical symbol; ``""`` for a bare number, a date, an ordinal."""
    dimension: str
    """What the unit measures (see :class:`Unit`); ``number`` for bare numbers and ratios, ``date`` for dates."""
    text: str
    """The words of the quantity: ``source[start:end]``. Words like 约 or "up to" stay outside."""
    start: int
    """First character, in the text given to ``find``."""
    end: int
    """One past the last character."""
    kind: Kind = "number"
    """``period`` is a month, quarter, half, year or span of years; ``date`` a day."""
    low: float | None = None
    """Lower end of a range, in ``unit``; None when the text gives a single value."""
    high: float | None = None
    """Upper end of a range."""
    approximate: bool = False
    """Written with 约, about, ~, 左右 …"""
    bound: Bound | None = None
    """``at least`` for 超过, more than, ≥, 以上, +; ``at most`` for 不到, up to, ≤, 以内."""
    iso: str = ""
    """ISO 8601 for dates and periods, with quarters and halves as 2024Q1 and 2024H1, fiscal years as FY2024 and spans
    as 2023/2025; a day without a year is --04-22. Empty otherwise."""
    step: float = 1.0
    """Size of one unit of the last printed digit, in ``unit``: 0.1 for 27.9 %, 1e4 for 640 万."""
