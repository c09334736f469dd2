"""Scaling laws of training: how many tokens for how many parameters, and what leaving the optimum costs.

Units: parameters, tokens, FLOP (C = 6ND), loss in nats per token of the Chinchilla data. Fits: approaches 1 to 3 of
Hoffmann et al. 2022 (arXiv:2203.15556) and the refit of approach 3 by Besiroglu et al. 2024 (arXiv:2404.10102).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tieout.errors import InputError
from tieout.plugin import translator

__all__ = [
    "LossFit",
    "PowerLaw",
    "ServedOptimum",
    "inference_optimum",
    "optimal_params",
    "optimal_params_for",
    "optimal_tokens",
    "scaling_table",
]

_ = translator("tieout_compute_estimator")
_Z95 = 1.6448536269514722
_GOLDEN = (math.sqrt(5) - 1) / 2


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LossFit(_Row):
    """L(N, D) = E + A / N^α + B / D^β."""

    name: str
    E: float = Field(gt=0)
    """Loss that no size and no data can undercut."""
    A: float = Field(gt=0)
    B: float = Field(gt=0)
    alpha: float = Field(gt=0)
    beta: float = Field(gt=0)
    sound: bool
    """Whether the fit is still thought right; the published approach 3 is not."""
    source: str
    confidence: Literal["high", "medium", "low"]

    def loss(self, params: float, tokens: float) -> float:
        """Loss of a model of ``params`` after ``tokens``."""
        return self.E + self.A / params**self.alpha + self.B / tokens**self.beta

    @property
    def ratio(self) -> float:
        """G, the number that balances both terms (Hoffmann et al. 2022, equation 4)."""
        return (self.alpha * self.A / (self.beta * self.B)) ** (1 / (self.alpha + self.beta))

    def tokens_for(self, params: float) -> float:
        """Tokens with which ``params`` are compute-optimal."""
        return (params / self.ratio) ** (self.alpha / self.beta) / self.ratio

    def params_for(self, tokens: float) -> float:
        """Parameters for which ``tokens`` are compute-optimal."""
        return self.ratio * (tokens * self.ratio) ** (self.beta / self.alpha)

    def params_at(self, flops: float) -> float:
        """Parameters that make the best of ``flops``."""
        return self.ratio * (flops / 6) ** (self.beta / (self.alpha + self.beta))

    def flops_for_loss(self, loss: float) -> float:
        """Least training FLOP that reach ``loss``.

        Raises:
            InputError: No amount of compute reaches it.
        """
        self._reachable(loss)

        def above(log_flops: float) -> float:
            params = self.params_at(math.exp(log_flops))
            return self.loss(params, math.exp(log_flops) / 6 / params) - loss

        return math.exp(_root(above, math.log(1e12), math.log(1e40)))

    def tokens_for_loss(self, params: float, loss: float) -> float:
        """Tokens after which ``params`` reach ``loss``; infinite when they never do."""
        left = loss - self.E - self.A / params**self.alpha
        return (self.B / left) ** (1 / self.beta) if left > 0 else math.inf

    def smallest_for_loss(self, loss: float) -> float:
        """Parameters below which no amount of data reaches ``loss``.

        Raises:
            InputError: No model reaches it.
        """
        self._reachable(loss)
        return (self.A / (loss - self.E)) ** (1 / self.alpha)

    def _reachable(self, loss: float) -> None:
        if loss <= self.E:
            raise InputError(
                _("No model reaches a loss of {loss}; the fit ends at {limit}.", loss=loss, limit=self.E),
                code="compute-loss-out-of-reach",
            )


class PowerLaw(_Row):
    """D = tokens · (N / params)^slope: a line through a published table of optima."""

    name: str
    params: float = Field(gt=0)
    tokens: float = Field(gt=0)
    slope: float = Field(gt=0)
    sound: bool
    source: str
    confidence: Literal["high", "medium", "low"]

    def tokens_for(self, params: float) -> float:
        """Tokens with which ``params`` are compute-optimal."""
        return self.tokens * (params / self.params) ** self.slope

    def params_for(self, tokens: float) -> float:
        """Parameters for which ``tokens`` are compute-optimal."""
        return self.params * (tokens / self.tokens) ** (1 / self.slope)

    def params_at(self, flops: float) -> float:
        """Parameters that make the best of ``flops``."""
        return self.params * (flops / (6 * self.params * self.tokens)) ** (1 / (1 + self.slope))


class RefitSpread(_Row):
    """Standard deviation of ln D of the refit: at 1e9 parameters, and for each unit of ln N away from there."""

    log_sd_at_1b: float = Field(gt=0)
    slope_sd: float = Field(gt=0)
    source: str

    def at(self, params: float) -> float:
        """Standard deviation of ln D for ``params``."""
        return math.hypot(self.log_sd_at_1b, self.slope_sd * math.log(params / 1e9))


class ScalingTable(_Row):
    """All fits with their date; the sound refit stands first."""

    format: Literal[1]
    as_of: date
    source: str
    fits: tuple[LossFit, ...]
    laws: tuple[PowerLaw, ...]
    refit_spread: RefitSpread

    @property
    def refit(self) -> LossFit:
        """The fit that losses are read from."""
        return next(fit for fit in self.fits if fit.sound)

    @property
    def approaches(self) -> tuple[LossFit | PowerLaw, ...]:
        """Every fit, the ones thought right first."""
        return tuple(sorted((*self.laws, *self.fits), key=lambda fit: not fit.sound))


@cache
def scaling_table() -> ScalingTable:
    """The shipped fits, read on first use."""
    return ScalingTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/scaling_fits.json").read_bytes()
    )


class Interval(NamedTuple):
    """A middle value with its 5% and 95% points."""

    value: float
    low: float
    high: float


def optimal_tokens(params: float) -> Interval:
    """D* for N: the geometric middle of the sound approaches; the ends hold the refit's 90% and all of their points."""
    return _consensus(lambda fit: fit.tokens_for(params), _sd(params))


def optimal_params(flops: float) -> Interval:
    """N* for C, in the same way. With C fixed, an error of D by a factor moves N by its root at a slope of one."""
    refit = scaling_table().refit
    params = refit.params_at(flops)
    return _consensus(lambda fit: fit.params_at(flops), _sd(params) / (1 + refit.alpha / refit.beta))


def optimal_params_for(tokens: float) -> Interval:
    """N* for D, in the same way."""
    refit = scaling_table().refit
    slope = refit.alpha / refit.beta
    return _consensus(lambda fit: fit.params_for(tokens), _sd(refit.params_for(tokens)) / slope)


def _sd(params: float) -> float:
    return scaling_table().refit_spread.at(params)


def _consensus(point: Callable[[LossFit | PowerLaw], float], log_sd: float) -> Interval:
    table = scaling_table()
    points = [point(fit) for fit in table.approaches if fit.sound]
    middle = math.exp(math.fsum(math.log(value) for value in points) / len(points))
    refit = point(table.refit)
    reach = math.exp(_Z95 * log_sd)
    return Interval(middle, min(*points, refit / reach), max(*points, refit * reach))


class ServedOptimum(NamedTuple):
    """The model that reaches a loss with the least FLOP of training and serving together."""

    params: float
    tokens: float
    flops: float
    """6ND + 2NT."""


def inference_optimum(fit: LossFit, loss: float, served_tokens: float) -> ServedOptimum:
    """N and D with the least 6ND + 2NT at ``loss`` (Sardana et al. 2023, arXiv:2401.00448, section 2).

    Args:
        fit: Loss of N and D.
        loss: The quality to reach.
        served_tokens: T, tokens that the model will read and write in its life.

    Raises:
        InputError: No model reaches the loss.
    """
    smallest = fit.smallest_for_loss(loss)

    def total(log_params: float) -> float:
        params = math.exp(log_params)
        tokens = fit.tokens_for_loss(params, loss)
        return 6 * params * tokens + 2 * params * served_tokens if math.isfinite(tokens) else math.inf

    # The total has one minimum between "never reaches it" and the size that is optimal without serving.
    best = _minimum(total, math.log(smallest) + 1e-9, math.log(fit.params_at(fit.flops_for_loss(loss))) + 0.1)
    params = math.exp(best)
    return ServedOptimum(params, fit.tokens_for_loss(params, loss), total(best))


def _minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Golden-section search for the one minimum between two points."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > 1e-9:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Bisection for a falling function."""
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2
