"""Ranges: 3-4 个月, 5%–8%, 100 to 200 billion, 95 ± 3 %."""

import re
from dataclasses import dataclass, replace
from functools import cache

from tieout.quantities._atoms import Atom, read_atom
from tieout.quantities._money import in_currency
from tieout.quantities._units import Unit, UnitTable

# Wider apart than this, two bare numbers with a dash are a telephone or serial number.
_WIDEST_BARE = 1000


@dataclass(frozen=True, slots=True)
class Range:
    """Two ends in the unit of the second."""

    low: float
    high: float
    last: Atom
    """The second number, which carries the unit."""


@cache
def _connector() -> re.Pattern[str]:
    return re.compile(
        r" {0,2}(?:(?P<dash>[-–—~]{1,2})|(?P<word>至|到|to(?= ))|(?P<and>and(?= )|和|与)|(?P<spread>±|\+/-)) {0,2}"
        r"(?:US\$|HK\$|[$¥€£])?"
    )


def opens_range(text: str, end: int) -> bool:
    """Whether a connector may follow the number that ends at ``end``. Cheap: one look before the pattern."""
    following = text[end : end + 3].lstrip(" ")
    return bool(following) and following[0] in "-–—~至到ta和与±+"


def read_range(text: str, begin: int, first: Atom, units: UnitTable, currency: Unit | None) -> Range | None:
    """The range that ``first`` (whose currency or digits begin at ``begin``) opens, or None."""
    match = _connector().match(text, first.end) if opens_range(text, first.end) else None
    if match is None or (match["dash"] and match[0].startswith(" ") != match[0].endswith(" ")):
        return None  # 12.7 -21.3 is a number and a negative one
    second = read_atom(text, match.end(), units)
    if second is None or _goes_on(text, second.end):
        return None
    if currency and first.unit is currency:
        first = replace(first, unit=None)  # of $2-3/GPU-hour the sign stands first and the denominator last
    if currency and second.unit is None:
        second = in_currency(text, second, currency, units)
    if match["spread"]:
        return _spread(first, second)
    preceding = text[max(0, begin - 8) : begin].lower()
    if match["and"] and not preceding.endswith(("between ", "介于", "介于 ")):
        return None
    changes = preceding.endswith(("from ", "从", "由", "从 ", "由 ", "从约 ", "从约"))
    if match["word"] and changes and (first.unit or currency or not second.unit):
        return None  # from 10 % to 20 % is a change, from 3 to 4 months a range
    return _between(first, second)


def _goes_on(text: str, end: int) -> bool:
    return text[end : end + 1] in ("-", "–") and text[end + 1 : end + 2].isdecimal()


def _spread(first: Atom, second: Atom) -> Range | None:
    if first.unit and second.unit and first.unit is not second.unit:
        return None
    middle, half = first.numeral.value, second.numeral.value
    last = second if second.unit or not first.unit else Atom(second.numeral, first.unit, second.end)
    return Range(middle - half, middle + half, last)


def _between(first: Atom, second: Atom) -> Range | None:
    low, high = first.numeral.value, second.numeral.value
    if first.unit:
        if second.unit is None or first.unit.dimension != second.unit.dimension:
            return None
        low = low * first.unit.factor / second.unit.factor
    elif second.numeral.scaled and not first.numeral.scaled:
        shared = float(f"{first.numeral.digits}e{second.numeral.exponent}")  # 100 to 200 billion
        low = shared if shared <= high else low
    bare = second.unit is None and not second.numeral.scaled
    if low >= high or (bare and high > _WIDEST_BARE * max(low, 1)):
        return None
    return Range(low, high, second)
