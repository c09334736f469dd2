"""Writing quantities for people, and telling whether a printed number is a right rounding of another."""

import math

from tieout.quantities._default_units import DEFAULT
from tieout.quantities._quantity import Quantity
from tieout.quantities._units import Unit, UnitMismatch, UnitTable

_MONEY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "CNY": "¥"}
_ENGLISH_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
_CHINESE_SCALES = ((1e12, "万亿"), (1e8, "亿"), (1e4, "万"))
# Whole numbers below these are written out: 15,625 GPUs, not 15.6K or 1.56 万.
_WRITTEN_OUT = {"en": 1e6, "zh": 1e5}
# Above this even 万亿 and T hide the size.
_SCIENTIFIC_FROM = 1e16
_SCIENTIFIC_BELOW = 1e-3
# A utilisation reads best as 27.9 %, a factor of 15.6 as it is.
_RATIO_IN_PERCENT_BELOW = 10
_TOLERANCE = 1e-12  # what arithmetic on doubles leaves, not leniency


def format_quantity(
    value: float, unit: str, *, lang: str, digits: int = 3, units: UnitTable = DEFAULT
) -> str:
    """``value`` of ``unit`` as people write it in ``lang`` (``"zh"`` or ``"en"``).

    At least ``digits`` significant digits; the whole part is never rounded away except by a magnitude. Counts and
    money take magnitudes (6.4M GPU-hours, 640 万 GPU 小时, $3.4B), FLOP scientific notation (6.30e24 FLOP); a ratio
    below ten is written in percent. A unit
    that the table does not hold is written as given. ``find`` reads the result back. Raises ValueError for a value
    that is not finite, for ``digits`` below 1 and for another language.
    """
    if not math.isfinite(value) or digits < 1 or lang not in ("zh", "en"):
        raise ValueError(f"cannot write {value!r} with {digits} digits in language {lang!r}")
    if unit == "ratio":
        percent = abs(value) < _RATIO_IN_PERCENT_BELOW
        return format_quantity(
            value * 100 if percent else value, "%" if percent else "", lang=lang, digits=digits
        )
    known = units.get(unit) if unit in units else Unit(unit, "unknown")
    if known.dimension == "compute" and known.symbol == "FLOP":
        return f"{_scientific(value, digits)} FLOP"
    sign = _MONEY_SIGNS.get(known.symbol.split("/")[0]) if lang == "en" else None
    if sign and known.dimension.startswith("money:"):
        minus, number = ("-" if value < 0 else ""), _magnitude(abs(value), known, lang, digits)
        rest = known.symbol.partition("/")[2]
        return f"{minus}{sign}{number}{f'/{rest}' if rest else ''}"
    number = _magnitude(value, known, lang, digits)
    name = known.name(lang)
    if number in ("1", "-1") and lang == "en" and known.symbol != "x":
        name = _singular(known)
    return number + _gap(number, name) + name


def _singular(unit: Unit) -> str:
    if unit.symbol in ("pp", "bp"):
        return unit.name("en").removesuffix("s")
    return unit.symbol if unit.en.rstrip("s") == unit.symbol else unit.en.removesuffix("s") or unit.symbol


def _gap(number: str, name: str) -> str:
    if not name or name in ("%", "‰", "x"):
        return ""
    return "" if number[-1] in "万亿" and not name[0].isascii() else " "


def _magnitude(value: float, unit: Unit, lang: str, digits: int) -> str:
    size = abs(value)
    if value and (size < _SCIENTIFIC_BELOW or size >= _SCIENTIFIC_FROM):
        return _scientific(value, digits)
    takes = unit.factor == 1 and unit.dimension in (
        "number",
        "token",
        "parameter",
        "gpu",
        "gpu time",
        "server",
        "chip",
    )
    takes = takes and not (unit.symbol == "x" and lang == "en")  # nobody reads 1Mx
    takes = takes or (unit.dimension.startswith("money:") and "/" not in unit.dimension and unit.factor == 1)
    if takes and size >= _WRITTEN_OUT[lang]:
        scale, name = next(
            pair for pair in (_CHINESE_SCALES if lang == "zh" else _ENGLISH_SCALES) if size >= pair[0]
        )
        return _plain(value / scale, digits) + (f" {name}" if lang == "zh" else name)
    return _plain(value, digits)


def _plain(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def agrees(shown: Quantity, value: float, unit: str, *, units: UnitTable = DEFAULT) -> bool:
    """Whether ``shown``, as printed, is a right rounding of ``value`` of ``unit``.

    Right is half a unit of the last printed digit either way (27.9 % for 0.27894, 640 万 for 6.4e6). Words such as
    约 make closing zeros of the printed number count as rounded; "over" and "up to" also allow one step of cutting
    off in their direction. A range agrees with what lies inside it. False for units that do not convert, and for
    dates, ordinals and labels unless ``unit`` is empty and the numbers are equal.
    """
    if shown.kind in ("date", "period", "ordinal", "label"):
        return unit == "" and shown.value == value
    try:
        target = units.convert(value, unit, shown.unit)
    except UnitMismatch:
        return False
    low, high = rounding_interval(shown)
    return low <= target <= high


def rounding_interval(shown: Quantity) -> tuple[float, float]:
    """The lowest and the highest value, in the unit of ``shown``, of which it is a right rounding.

    :func:`agrees` is the test whether a value lies in it; the interval serves a search among many values.
    """
    step = _loose_step(shown) if shown.approximate or shown.bound else shown.step
    low, high = (
        (shown.value, shown.value) if shown.low is None or shown.high is None else (shown.low, shown.high)
    )
    slack = step / 2 + _TOLERANCE * (max(abs(low), abs(high)) + step)
    return low - _below(shown, step, slack), high + _above(shown, step, slack)


def _below(shown: Quantity, step: float, slack: float) -> float:
    return step + slack if shown.bound == "at most" else slack


def _above(shown: Quantity, step: float, slack: float) -> float:
    return step + slack if shown.bound == "at least" else slack


def _loose_step(shown: Quantity) -> float:
    """The step when closing zeros are taken for rounding: 1,000 for "about 15,000"."""
    step = shown.step
    while step < abs(shown.value) and math.isclose(math.fmod(shown.value / step, 10), 0, abs_tol=1e-6):
        step *= 10
    return step


def same(a: Quantity, b: Quantity, *, units: UnitTable = DEFAULT) -> bool:
    """Whether two printed quantities can be one figure: either is a right rounding of the other.

    Dates and periods are compared by their ISO form. ``15T tokens`` and ``15.6 万亿 token`` differ; ``16T`` is the
    latter rounded.
    """
    if a.iso or b.iso:
        return a.iso == b.iso
    return agrees(a, b.value, b.unit, units=units) or agrees(b, a.value, a.unit, units=units)


def convert(value: float, from_unit: str, to_unit: str, *, units: UnitTable = DEFAULT) -> float:
    """``value`` of ``from_unit`` in ``to_unit``.

    Raises UnitMismatch (a ValueError) when a unit is unknown or the two measure different things.
    """
    return units.convert(value, from_unit, to_unit)
