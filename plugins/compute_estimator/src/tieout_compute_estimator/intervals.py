"""Uncertain inputs and what they do to a result: Latin hypercube draws, 5%, 50% and 95% points, shares of the variance.

Draws are the same in every run. numpy is imported by the functions that need it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tieout.errors import InputError
from tieout.plugin import Figure, translator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "DRAWS",
    "Choice",
    "Fixed",
    "Input",
    "Range",
    "Spread",
    "draw",
    "input_of",
    "spread",
]

_ = translator("tieout_compute_estimator")

DRAWS = 4_096
"""Scenarios behind an interval unless asked otherwise."""
_SEED = 20_250_103
_Z95 = 1.6448536269514722
_LEVELS = 65
"""Points at which one input is moved through its range to find its share of the variance."""


@dataclass(frozen=True)
class Fixed:
    """A value that is known."""

    value: float

    @property
    def mid(self) -> float:
        """The value itself."""
        return self.value

    def at(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value for every standard normal ``z``."""
        import numpy as np

        return np.full(z.shape, self.value)


@dataclass(frozen=True)
class Range:
    """5%, 50% and 95% points. Lognormal on either side of the middle when the ends are more than a factor 2 apart,
    else normal on either side."""

    low: float
    mid: float
    high: float
    ceiling: float = math.inf
    """What no value can exceed, such as 100 for a percentage."""

    def __post_init__(self) -> None:
        if not (0 < self.low <= self.mid <= self.high <= self.ceiling and math.isfinite(self.high)):
            raise InputError(
                _(
                    "A range needs 0 < low <= middle <= high, not {low}, {mid}, {high}.",
                    low=self.low,
                    mid=self.mid,
                    high=self.high,
                ),
                code="compute-bad-range",
            )

    @property
    def lognormal(self) -> bool:
        """Whether factors rather than differences are taken to be symmetric."""
        return self.high > 2 * self.low

    def at(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values at standard normal ``z``."""
        import numpy as np

        if self.lognormal:
            up, down = math.log(self.high / self.mid) / _Z95, math.log(self.mid / self.low) / _Z95
            values = self.mid * np.exp(z * np.where(z > 0, up, down))
        else:
            up, down = (self.high - self.mid) / _Z95, (self.mid - self.low) / _Z95
            values = self.mid + z * np.where(z > 0, up, down)
        return np.clip(values, self.low / 8, self.ceiling)


@dataclass(frozen=True)
class Choice:
    """One of several values, as with conventions; the first is the one used where a single value is needed."""

    options: tuple[float, ...]
    weights: tuple[float, ...] = ()
    """Relative weights; all equal when left out."""

    def __post_init__(self) -> None:
        if not self.options or (self.weights and len(self.weights) != len(self.options)):
            raise InputError(
                _("A choice needs values, and as many weights as values."), code="compute-bad-range"
            )

    @property
    def mid(self) -> float:
        """The first option."""
        return self.options[0]

    def at(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """The options in the order given, each over its share of the probability."""
        import numpy as np

        weights = np.asarray(self.weights or [1.0] * len(self.options))
        ends = [_level(share) for share in np.cumsum(weights / weights.sum())[:-1]]
        return np.asarray(self.options, dtype=np.float64)[np.searchsorted(np.asarray(ends), z)]


Input = Fixed | Range | Choice


def _level(share: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(min(max(float(share), 1e-12), 1 - 1e-12))


def input_of(figure: Figure) -> Input:
    """The distribution behind a figure: its interval as 5% and 95% points, else the value alone."""
    if figure.low is None or figure.high is None or not figure.low < figure.high:
        return Fixed(figure.value)
    ceiling = 100.0 if figure.unit == "%" else math.inf
    return Range(figure.low, figure.value, min(figure.high, ceiling), ceiling)


@lru_cache(maxsize=8)
def _strata(count: int) -> NDArray[np.float64]:
    """Standard normal quantiles of the middles of ``count`` equal strata."""
    from statistics import NormalDist

    import numpy as np

    normal = NormalDist()
    return np.asarray([normal.inv_cdf((index + 0.5) / count) for index in range(count)])


@lru_cache(maxsize=32)
def _hypercube(count: int, width: int) -> NDArray[np.float64]:
    """A Latin hypercube of standard normals, shape (width, count); each row has every stratum once."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    return np.stack([random.permutation(_strata(count)) for _row in range(width)])


def draw(inputs: Mapping[str, Input], *, count: int = DRAWS) -> dict[str, float | NDArray[np.float64]]:
    """Values for every input: arrays of ``count`` draws, or the plain number where it is known."""
    uncertain = [name for name, item in inputs.items() if not isinstance(item, Fixed)]
    rows = _hypercube(count, len(uncertain)) if uncertain else ()
    drawn = {name: inputs[name].at(row) for name, row in zip(uncertain, rows, strict=True)}
    return {name: item.value if isinstance(item, Fixed) else drawn[name] for name, item in inputs.items()}


@dataclass(frozen=True)
class Spread:
    """What the inputs' uncertainty makes of one result."""

    p5: float
    p50: float
    p95: float
    shares: dict[str, float]
    """Input to its share of the variance of the result's logarithm, largest first; they add up to 1."""
    ends: dict[str, tuple[float, float]]
    """Input to the result at its 5% and 95% points, all others in the middle."""


Evaluate = Callable[
    [Mapping[str, "float | NDArray[np.float64]"]], Mapping[str, "float | NDArray[np.float64]"]
]


def spread(
    evaluate: Evaluate, inputs: Mapping[str, Input], outputs: Sequence[str], *, count: int = DRAWS
) -> dict[str, Spread]:
    """Draw the inputs, evaluate all at once, and say how far each output spreads and why.

    A share is the variance of the output's logarithm while one input runs through its range and the others stay in the
    middle, over the sum of all of them (first order, one at a time). Outputs that no uncertain input reaches are left
    out.
    """
    import numpy as np

    uncertain = {name: item for name, item in inputs.items() if not isinstance(item, Fixed)}
    if not uncertain:
        return {}
    values = evaluate(draw(inputs, count=count))
    moved = _one_at_a_time(evaluate, inputs, uncertain, outputs)
    spreads: dict[str, Spread] = {}
    for output in outputs:
        drawn = values[output]
        if not isinstance(drawn, np.ndarray):
            continue
        p5, p50, p95 = (float(point) for point in np.percentile(drawn, (5, 50, 95)))
        variances = {name: float(np.var(np.log(line))) for name, line in moved[output].items()}
        total = sum(variances.values()) or 1.0
        ranked = sorted(variances.items(), key=lambda item: -item[1])
        ends = {name: _at_ends(line) for name, line in moved[output].items()}
        spreads[output] = Spread(p5, p50, p95, {name: part / total for name, part in ranked if part}, ends)
    return spreads


def _one_at_a_time(
    evaluate: Evaluate, inputs: Mapping[str, Input], uncertain: Mapping[str, Input], outputs: Sequence[str]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    import numpy as np

    levels = _strata(_LEVELS)
    middle: dict[str, float | NDArray[np.float64]] = {name: item.mid for name, item in inputs.items()}
    moved: dict[str, dict[str, NDArray[np.float64]]] = {output: {} for output in outputs}
    for name, item in uncertain.items():
        values = evaluate(middle | {name: item.at(levels)})
        for output in outputs:
            line = values[output]
            if isinstance(line, np.ndarray):
                moved[output][name] = line
    return moved


def _at_ends(line: NDArray[np.float64]) -> tuple[float, float]:
    near = round(0.05 * _LEVELS)
    return float(line[near]), float(line[_LEVELS - 1 - near])
