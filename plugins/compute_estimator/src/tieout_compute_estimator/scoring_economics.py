"""Scoring: compute-optimal tokens, rates, savings and revenue."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import cast

from tieout_compute_estimator.scaling_laws import optimal_tokens

__all__ = ["ECONOMIC_KINDS"]

Inputs = Mapping[str, object]


def _number(inputs: Inputs, name: str, default: float | None = None) -> float:
    value = inputs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KeyError(name)
    return float(value)


def _numbers(inputs: Inputs, name: str) -> list[float]:
    values = inputs.get(name)
    if not isinstance(values, list):
        raise KeyError(name)
    return [_number({name: value}, name) for value in cast("list[object]", values)]


def _chinchilla(i: Inputs) -> dict[str, float]:
    found = optimal_tokens(_number(i, "params"))
    return {"tokens": found.value, "tokens_low": found.low, "tokens_high": found.high}


def _unit_rate(i: Inputs) -> dict[str, float]:
    """A rate for one unit times a number of units, over what they are spread over."""
    return {"value": _number(i, "a") * _number(i, "b") / _number(i, "c", 1.0)}


def _ratio(i: Inputs) -> dict[str, float]:
    return {"value": _number(i, "a") / _number(i, "b")}


def _saving(i: Inputs) -> dict[str, float]:
    """The part of ``b`` that ``a`` does without."""
    return {"fraction": 1 - _number(i, "a") / _number(i, "b")}


def _api_revenue(i: Inputs) -> dict[str, float]:
    """Million tokens of each kind times their price."""
    amounts, prices = _numbers(i, "mtok"), _numbers(i, "usd_per_mtok")
    return {"usd": math.fsum(amount * price for amount, price in zip(amounts, prices, strict=True))}


ECONOMIC_KINDS: dict[str, Callable[[Inputs], dict[str, float]]] = {
    "api_revenue": _api_revenue,
    "chinchilla_D": _chinchilla,
    "ratio": _ratio,
    "saving": _saving,
    "unit_rate": _unit_rate,
}
"""Kind of a case to what computes it."""
