"""Currency signs and codes that stand before a number."""

import re
from functools import cache

from tieout.quantities._atoms import Atom, with_denominators
from tieout.quantities._units import Unit, UnitTable

_CURRENCIES = {
    "$": "USD", "US$": "USD", "USD": "USD", "HK$": "HKD", "HKD": "HKD", "NT$": "TWD", "¥": "CNY", "RMB": "CNY",
    "CNY": "CNY", "人民币": "CNY", "€": "EUR", "EUR": "EUR", "£": "GBP", "JPY": "JPY", "₩": "KRW",
}  # fmt: skip
_LONGEST = 5
_LAST_OF_CURRENCY = "$¥€£₩币DdBbYyRr"


@cache
def _currency() -> re.Pattern[str]:
    return re.compile(
        r"((?<![A-Za-z])(?:US\$|HK\$|NT\$|USD|RMB|CNY|HKD|EUR|JPY)|人民币|[$¥€£₩]) ?$", re.IGNORECASE
    )


def currency_before(text: str, start: int, floor: int, units: UnitTable) -> tuple[int, Unit | None]:
    """Where the currency before the number at ``start`` begins, and its unit."""
    previous = text[max(floor, start - 2) : start].rstrip(" ")[-1:]
    if not previous or previous not in _LAST_OF_CURRENCY:
        return start, None
    match = _currency().search(text, max(floor, start - _LONGEST), start)
    if match is None:
        return start, None
    return match.start(), units.get(_CURRENCIES[match[1].upper()])


def in_currency(text: str, atom: Atom, currency: Unit, units: UnitTable) -> Atom:
    """``atom`` as an amount of ``currency``: $5m, $2/GPU-hour, whose denominator comes after the number."""
    numeral = atom.numeral
    letter = text[numeral.end : numeral.end + 1].lower()
    following = text[numeral.end + 1 : numeral.end + 2]
    if letter in ("m", "t") and not numeral.scaled and not (following.isascii() and following.isalnum()):
        numeral = numeral.times_ten_to(6 if letter == "m" else 12, numeral.end + 1, suffix=letter.upper())
    unit, end = with_denominators(text, currency, numeral.end, units)
    return Atom(numeral, unit, end, atom.more)
