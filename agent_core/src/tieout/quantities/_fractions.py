"""Fractions, and pairs of neighbouring digits: 1/3, two thirds of, 一半, 三四个月."""

import re
from functools import cache
from itertools import pairwise

from tieout.quantities._atoms import read_unit
from tieout.quantities._numbers import Numeral
from tieout.quantities._quantity import Quantity
from tieout.quantities._units import Unit, UnitTable

_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "tenth": 10}
_COUNTS = {"half": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_DIGITS = "零一二三四五六七八九"
_TENS = {"": 1.0, "十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
# A fraction is a rounded share: one third of the cost is a third within a percentage point.
_FRACTION_STEP = 0.01


@cache
def fraction_words() -> re.Pattern[str]:
    """A fraction in English words before what it is a part of; alone, a half or a quarter is mostly something else."""
    parts = "|".join(_PARTS)
    return re.compile(
        rf"(?<![A-Za-z])(?:(?P<half>half)|(?P<count>an?|one|two|three|four)[ -](?P<part>{parts})s?)"
        r"(?= (?:of|the|as)(?![A-Za-z]))",
        re.IGNORECASE,
    )


@cache
def _digits() -> re.Pattern[str]:
    return re.compile(r"(?<![0-9A-Za-z/.:\-_])([1-9])/([2-9]|10)(?![0-9A-Za-z/]|[.,:\-][0-9A-Za-z])")


@cache
def _half() -> re.Pattern[str]:
    return re.compile(r"一半(?![天年个路径])")


def read_fraction(text: str, start: int, units: UnitTable) -> Quantity | None:
    """The fraction at ``start`` as a ratio: 1/3, "two thirds of", 一半."""
    value, end = _value(text, start)
    if not 0 < value < 1:
        return None
    ratio = units.get("ratio")
    return Quantity(value, ratio.symbol, ratio.dimension, "", start, end, step=_FRACTION_STEP)


def _value(text: str, start: int) -> tuple[float, int]:
    first = text[start]
    if first == "一":
        match = _half().match(text, start)
        return (0.5, match.end()) if match else (0.0, start)
    if first.isdecimal():
        match = _digits().match(text, start) if text[start + 1 : start + 2] == "/" else None
        return (int(match[1]) / int(match[2]), match.end()) if match else (0.0, start)
    match = fraction_words().match(text, start) if first.isalpha() else None
    if match is None:
        return 0.0, start
    part, count = (match["part"] or "half").lower(), (match["count"] or "one").lower()
    return _COUNTS["a" if count == "an" else count] / _PARTS[part], match.end()


@cache
def _neighbours() -> re.Pattern[str]:
    pairs = "|".join(f"{low}{high}" for low, high in pairwise(_DIGITS[1:9]))
    return re.compile(rf"(?<![{_DIGITS}〇两十百千万亿几数第])(?P<pair>{pairs}|两三)(?P<tens>[十百千万亿]?)")


def neighbours(text: str, start: int, units: UnitTable) -> tuple[float, float, float, Unit, int] | None:
    """(low, high, step, unit, end) of two neighbouring digits before a unit: 三四个月, 两三天, 七八十台."""
    match = _neighbours().match(text, start)
    if match is None:
        return None
    found = read_unit(text, Numeral("1", 0, match.end(), words=True), units)
    if found is None or found[0].dimension.startswith("money"):
        return None
    step = _TENS[match["tens"]]
    low = _DIGITS.index(match["pair"][0].replace("两", "二")) * step
    return low, low + step, step, *found
