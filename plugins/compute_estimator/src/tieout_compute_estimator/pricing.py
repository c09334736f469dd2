"""Reading the rent of one device for one hour, which people write in many ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator

from tieout.plugin import Candidate, Slot
from tieout_compute_estimator.units import USD_PER_HOUR

__all__ = ["HourlyRent", "find_hourly_prices", "hourly_price"]

_PER_HOUR = ("USD/GPU-hour", "USD/h")
# "$2 an hour", "每卡时 2 美元": the price is an amount of money with the hour beside it.
_HOUR_AFTER = re.compile(
    r"\s*(?:/\s*)?(?:an|per|each|a)?\s*(?:GPU|card|device)?[\s-]*(?:hour|hr|h)\b", re.IGNORECASE
)
_HOUR_BEFORE = re.compile(r"每(?:张)?(?:卡时|小时|卡每小时|卡小时)\D{0,4}$")


def find_hourly_prices(text: str) -> Sequence[Candidate]:
    """Every price of one device-hour in USD in ``text``."""
    from tieout.quantities import find

    found: list[Candidate] = []
    for amount in find(text):
        beside = _HOUR_AFTER.match(text, amount.end) or _HOUR_BEFORE.search(text, 0, amount.start)
        if amount.unit in _PER_HOUR or (amount.unit == "USD" and beside):
            found.append(Candidate(amount.value, amount.text, amount.start, amount.end))
    return found


def hourly_price(value: object) -> object:
    """Turn text such as ``$2.5``, ``2.5 美元/小时`` or ``$2.5/GPU-hour`` into USD; other values pass.

    Raises:
        ValueError: The text holds no single price in USD; pydantic reports it with the argument's name.
    """
    if not isinstance(value, str):
        return value
    from tieout.quantities import find

    amounts = find(value)
    if len(amounts) == 1 and amounts[0].unit in (*_PER_HOUR, "USD", "USD/GPU", ""):
        return amounts[0].value
    raise ValueError(f"no single price in USD for one device-hour in {value[:80]!r}")


HourlyRent = Annotated[
    float | None,
    Slot(
        "quantity",
        unit=USD_PER_HOUR,
        find=find_hourly_prices,
        cues=("每卡时", "单价", "租金", "per hour", "an hour"),
        example="$2.5/GPU-hour",
    ),
    BeforeValidator(hourly_price),
]
"""The argument of tools that take the rent of one device for one hour, in USD."""
