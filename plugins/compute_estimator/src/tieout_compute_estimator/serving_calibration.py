"""Efficiencies of serving, fitted on public measurements, and how far predictions with them go wrong.

Four numbers are fitted (:class:`~tieout_compute_estimator.serving_model.Factors`) by least squares on the logarithm of
the speed, with weak priors that matter only where rows say little (a link's efficiency without a row that uses one).
What the fit is worth is measured by leaving each model family out in turn: its rows are predicted from the others.
The width of the 90 % band is the spread of exactly these errors, and its coverage is measured one level further out:
the band of a left-out family comes from leaving out the remaining ones in turn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout_compute_estimator.serving_demand import demand_of
from tieout_compute_estimator.serving_model import (
    MAX_BATCH,
    Demand,
    Factors,
    Machine,
    batch_from_memory,
    ceiling,
    token_time,
)

__all__ = [
    "TABLE",
    "CalibrationRow",
    "CalibrationTable",
    "Prediction",
    "Situation",
    "calibration_table",
    "cross_validate",
    "fit",
    "situation",
    "spread",
]

TABLE = "serving_calibration"
Z90 = 1.645
"""Half width of a 90 % band in standard deviations."""
_PRIOR = (("compute", 0.65, 0.25), ("memory", 0.75, 0.2), ("link", 0.5, 0.5), ("layer_seconds", 40e-6, 1.0))
"""Factor, centre and logarithmic width: what kernels and NCCL rings commonly reach."""
_PRIOR_WEIGHT = 0.02
"""Squared logarithmic error that one width off the centre counts as; a row that is 10 % off counts 0.01."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CalibrationRow(_Row):
    """One public measurement."""

    model: str
    """Row of the table of architectures."""
    family: str
    """Rows of one family are left out together."""
    engine: str
    device: str
    devices: int = Field(ge=1)
    dtype: str
    """Format of the arithmetic."""
    weight_bytes: float = Field(gt=0)
    holds_embedding: bool
    """Whether ``weight_bytes`` counts the embedding that is only looked up in."""
    kv_bytes: float = Field(gt=0)
    """Bytes per value of the cache."""
    prompt: float = Field(ge=0)
    output: float = Field(gt=0)
    batch: int | None
    """Sequences at once; ``None`` at saturation, when memory decides."""
    tokens_per_s: float = Field(gt=0)
    """Measured output tokens per second, all devices together."""
    source: str
    as_of: date
    confidence: Literal["high", "medium", "low"]

    @property
    def name(self) -> str:
        """What a citation calls it."""
        return f"{self.model}, {self.devices}x {self.device}, {self.prompt:.0f}/{self.output:.0f}"


class Fitted(_Row):
    """The efficiencies fitted on all rows, and the spread of the errors on families left out."""

    compute: float
    memory: float
    link: float
    layer_seconds: float
    spread: float = Field(gt=0)
    """Root mean square of the logarithmic error on families left out."""

    @property
    def factors(self) -> Factors:
        """For the model."""
        return Factors(self.compute, self.memory, self.link, self.layer_seconds)

    @property
    def band(self) -> float:
        """Factor by which a speed may be lower or higher at the ends of the 90 % band."""
        return math.exp(Z90 * self.spread)


class CalibrationTable(_Row):
    """Rows and what was fitted on them."""

    format: Literal[1]
    as_of: date
    source: str
    fitted: Fitted
    rows: tuple[CalibrationRow, ...]


@cache
def calibration_table() -> CalibrationTable:
    """The shipped table, read on first use."""
    return CalibrationTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/serving_calibration.json").read_bytes()
    )


@dataclass(frozen=True)
class Situation:
    """A row made ready for the model."""

    row: CalibrationRow
    demand: Demand
    machine: Machine
    batch: float

    @property
    def measured(self) -> float:
        """Output tokens per second."""
        return self.row.tokens_per_s

    def predicted(self, factors: Factors) -> float:
        """Output tokens per second."""
        return 1.0 / token_time(self.demand, self.machine, self.batch, factors).total

    @property
    def ceiling(self) -> float:
        """Output tokens per second that the hardware cannot exceed."""
        return ceiling(self.demand, self.machine, batch=self.row.batch)


def situation(row: CalibrationRow) -> Situation:
    """Look up model and device of a row."""
    from tieout_compute_estimator.accelerators import find_device
    from tieout_compute_estimator.architecture_table import architecture_of

    architecture, device = architecture_of(row.model), find_device(row.device)
    assert architecture is not None
    assert device.memory_bandwidth_tb_s is not None
    assert device.memory_gb is not None
    demand = demand_of(
        architecture,
        weight_bytes=row.weight_bytes,
        kv_bytes=row.kv_bytes,
        prompt=row.prompt,
        output=row.output,
        holds_embedding=row.holds_embedding,
    )
    machine = Machine(
        row.devices,
        device.peak_tflops[row.dtype] * 1e12,
        device.memory_bandwidth_tb_s * 1e12,
        device.memory_gb * 1e9,
        None if device.interconnect_gb_s is None else device.interconnect_gb_s * 1e9 / 2,
    )
    batch = float(row.batch) if row.batch else min(MAX_BATCH, max(1.0, batch_from_memory(demand, machine)))
    return Situation(row, demand, machine, batch)


def fit(situations: Sequence[Situation]) -> Factors:
    """The efficiencies under which the rows are predicted best."""

    def residuals(logs: Sequence[float]) -> list[float]:
        factors = Factors(*(math.exp(value) for value in logs))
        errors = [math.log(item.predicted(factors) / item.measured) for item in situations]
        pull = math.sqrt(_PRIOR_WEIGHT)
        return errors + [
            pull * (value - math.log(centre)) / width
            for value, (_, centre, width) in zip(logs, _PRIOR, strict=True)
        ]

    start = [math.log(centre) for _, centre, _ in _PRIOR]
    return Factors(*(math.exp(value) for value in _gauss_newton(residuals, start)))


def spread(situations: Sequence[Situation]) -> float:
    """Root mean square of the logarithmic error when each family is predicted from the others."""
    errors: list[float] = []
    for family in _families(situations):
        factors = fit([item for item in situations if item.row.family != family])
        errors += [
            math.log(item.predicted(factors) / item.measured)
            for item in situations
            if item.row.family == family
        ]
    return math.sqrt(math.fsum(error * error for error in errors) / len(errors))


@dataclass(frozen=True)
class Prediction:
    """A row predicted from the other families."""

    row: CalibrationRow
    predicted: float
    low: float
    high: float
    ceiling: float

    @property
    def error(self) -> float:
        """Relative error, signed."""
        return self.predicted / self.row.tokens_per_s - 1.0

    @property
    def covered(self) -> bool:
        """Whether the measurement lies in the 90 % band."""
        return self.low <= self.row.tokens_per_s <= self.high


def cross_validate(situations: Sequence[Situation]) -> list[Prediction]:
    """Predict each family, and its band, from the other families alone."""
    found: list[Prediction] = []
    for family in _families(situations):
        others = [item for item in situations if item.row.family != family]
        factors, band = fit(others), math.exp(Z90 * spread(others))
        for item in situations:
            if item.row.family == family:
                speed = item.predicted(factors)
                found.append(Prediction(item.row, speed, speed / band, speed * band, item.ceiling))
    return found


def _families(situations: Sequence[Situation]) -> list[str]:
    return list(dict.fromkeys(item.row.family for item in situations))


def _gauss_newton(
    residuals: Callable[[Sequence[float]], list[float]], start: Sequence[float], *, rounds: int = 30
) -> list[float]:
    """Least squares by Gauss-Newton with a numerical Jacobian; steps are halved until the error falls."""
    point, step = list(start), 1e-6
    current = residuals(point)
    error = math.fsum(value * value for value in current)
    for _ in range(rounds):
        columns: list[list[float]] = []
        for index in range(len(point)):
            moved = [value + step * (place == index) for place, value in enumerate(point)]
            columns.append(
                [(after - before) / step for after, before in zip(residuals(moved), current, strict=True)]
            )
        normal = [[math.fsum(map(float.__mul__, left, right)) for right in columns] for left in columns]
        gradient = [math.fsum(map(float.__mul__, column, current)) for column in columns]
        change, scale = _solved(normal, gradient), 1.0
        while scale > 1e-4:
            trial = [value - scale * move for value, move in zip(point, change, strict=True)]
            tried = residuals(trial)
            total = math.fsum(value * value for value in tried)
            if total < error:
                break
            scale /= 2
        else:
            return point
        gained, point, current, error = error - total, trial, tried, total
        if gained < 1e-12:
            break
    return point


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss elimination with pivoting; the priors keep the matrix regular."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(size):
            if row != column:
                factor = rows[row][column] / rows[column][column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [rows[index][size] / rows[index][index] for index in range(size)]
