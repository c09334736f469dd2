"""How many digits an uncertain number may show."""

from __future__ import annotations

import math

__all__ = ["rounded", "supported_digits", "supported_step"]

_ALL = 15


def supported_step(low: float, high: float) -> int:
    """The finest power of ten to show: 4 for steps of 10⁴, which is at least a hundredth of the interval's width."""
    return math.floor(math.log10((high - low) / 10) + 1e-9)


def supported_digits(value: float, low: float | None, high: float | None) -> int:
    """Significant digits of ``value`` (or of an end of the interval) that the interval supports; 15 without one.

    >>> supported_digits(276_341, 157_000, 421_000)
    2
    """
    if low is None or high is None or not low < high or value == 0:
        return _ALL
    return max(1, min(_ALL, math.floor(math.log10(abs(value))) - supported_step(low, high) + 1))


def rounded(value: float, digits: int) -> float:
    """``value`` with ``digits`` significant digits.

    >>> rounded(276_341, 2)
    280000.0
    """
    return float(f"{value:.{digits - 1}e}")
