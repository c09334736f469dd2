"""Numbers, units, ranges, percentages, money, dates and periods in Chinese and English text.

Standard library only; part of the public interface for plugins.
"""

from tieout.quantities._default_units import DEFAULT
from tieout.quantities._find import find
from tieout.quantities._format import agrees, convert, format_quantity, rounding_interval, same
from tieout.quantities._quantity import Bound, Kind, Quantity
from tieout.quantities._units import Unit, UnitMismatch, UnitTable

__all__ = [
    "DEFAULT",
    "Bound",
    "Kind",
    "Quantity",
    "Unit",
    "UnitMismatch",
    "UnitTable",
    "agrees",
    "convert",
    "find",
    "format_quantity",
    "rounding_interval",
    "same",
]
