"""The figures of scaling laws: each approach, the middle of the sound ones, losses and the optimum with serving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal, NamedTuple

from tieout.plugin import Figure
from tieout_compute_estimator import formulas
from tieout_compute_estimator.derivation import N_, cell, computed
from tieout_compute_estimator.scaling_laws import (
    Interval,
    LossFit,
    PowerLaw,
    inference_optimum,
    optimal_params,
    optimal_params_for,
    optimal_tokens,
    scaling_table,
)
from tieout_compute_estimator.units import FLOP, NUMBER, PARAM, PERCENT, TOKENS

__all__ = [
    "approach",
    "best_params",
    "best_params_for_tokens",
    "best_tokens",
    "loss",
    "over_training",
    "penalty",
    "served",
    "share_saved",
]

TABLE = "scaling fits"
_NAMES = {
    "approach 1": N_("approach one"),
    "approach 2": N_("approach two"),
    "approach 3": N_("approach three as published"),
    "refit of approach 3": N_("refit of approach three"),
}
SARDANA = "Sardana et al. 2023, arXiv:2401.00448, section 2"
_CONSENSUS = N_(
    "geometric middle of the approaches still thought right; the interval holds the refit's 90% and all their points"
)
NATS = "nats/token"


class _Row(NamedTuple):
    """A fit in the shape that :func:`cell` reads."""

    name: str
    source: str
    as_of: date
    confidence: Literal["high", "medium", "low"]


def _row(fit: LossFit | PowerLaw) -> _Row:
    return _Row(fit.name, fit.source, scaling_table().as_of, fit.confidence)


def approach(fit: LossFit | PowerLaw, given: Figure) -> Figure:
    """The optimum by one approach: tokens for parameters, or parameters for tokens or FLOP."""
    tokens = given.unit == PARAM
    solve: Callable[[float], float] = (
        fit.tokens_for if tokens else fit.params_for if given.unit == TOKENS else fit.params_at
    )
    symbol = {PARAM: "N", TOKENS: "D", FLOP: "C"}[given.unit]
    constants = _constants(fit)
    expression = _EXPRESSIONS[isinstance(fit, LossFit), symbol]
    return computed(
        solve(given.value),
        TOKENS if tokens else PARAM,
        _NAMES.get(fit.name, fit.name),
        expression=expression,
        inputs={symbol: given, **constants},
        latex="",
        convention=N_("least loss for the FLOP, C = 6ND; data of Chinchilla, each token seen once"),
        reference=fit.source,
    )


_EXPRESSIONS = {
    (True, "N"): "(N / G)^(α / β) / G, G = (αA / βB)^(1 / (α + β))",
    (True, "D"): "G · (D · G)^(β / α), G = (αA / βB)^(1 / (α + β))",
    (True, "C"): "G · (C / 6)^(β / (α + β)), G = (αA / βB)^(1 / (α + β))",
    (False, "N"): "d · (N / m)^s",
    (False, "D"): "m · (D / d)^(1 / s)",
    (False, "C"): "m · (C / (6 · m · d))^(1 / (1 + s))",
}


def _constants(fit: LossFit | PowerLaw) -> dict[str, Figure]:
    row = _row(fit)

    def constant(value: float, unit: str, field: str) -> Figure:
        return cell(value, unit, N_("constant of the fit"), row, table=TABLE, field=field)

    if isinstance(fit, PowerLaw):
        return {
            "m": constant(fit.params, PARAM, "params"),
            "d": constant(fit.tokens, TOKENS, "tokens"),
            "s": constant(fit.slope, NUMBER, "slope"),
        }
    names = {"A": fit.A, "B": fit.B, "α": fit.alpha, "β": fit.beta}
    return {name: constant(value, NUMBER, name) for name, value in names.items()}


def best_tokens(params: Figure) -> Figure:
    """D* for N with its interval."""
    return _consensus(optimal_tokens(params.value), params, TOKENS, N_("compute-optimal tokens"))


def best_params(flops: Figure) -> Figure:
    """N* for C with its interval."""
    return _consensus(optimal_params(flops.value), flops, PARAM, N_("compute-optimal parameters"))


def best_params_for_tokens(tokens: Figure) -> Figure:
    """N* for D with its interval."""
    return _consensus(optimal_params_for(tokens.value), tokens, PARAM, N_("compute-optimal parameters"))


def _consensus(found: Interval, given: Figure, unit: str, metric: str) -> Figure:
    sound = [approach(fit, given) for fit in scaling_table().approaches if fit.sound]
    names = ("a", "b", "c", "d", "e")[: len(sound)]
    return computed(
        found.value,
        unit,
        metric,
        expression=f"({' · '.join(names)})^(1 / {len(sound)})",
        inputs=dict(zip(names, sound, strict=True)),
        latex="",
        convention=_CONSENSUS,
        reference="Hoffmann et al. 2022, arXiv:2203.15556; Besiroglu et al. 2024, arXiv:2404.10102",
        low=found.low,
        high=found.high,
    )


def loss(params: Figure, tokens: Figure, *, metric: str = N_("loss")) -> Figure:
    """L(N, D) by the refit."""
    fit = scaling_table().refit
    limit = cell(fit.E, NATS, N_("constant of the fit"), _row(fit), table=TABLE, field="E")
    return computed(
        fit.loss(params.value, tokens.value),
        NATS,
        metric,
        expression="E + A / N^α + B / D^β",
        inputs={"N": params, "D": tokens, "E": limit, **_constants(fit)},
        latex=r"E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}",
        convention=N_("on the data and with the tokenizer of Chinchilla; other data shift it"),
        reference=fit.source,
    )


def over_training(tokens: Figure, best: Figure) -> Figure:
    """D over D*."""
    return computed(
        tokens.value / best.value,
        "x",
        N_("training beyond the optimum"),
        expression="D / D*",
        inputs={"D": tokens, "D*": best},
        latex=r"D / D^*",
        convention=N_("tokens over the compute-optimal tokens of this size"),
        reference="",
        low=None if best.high is None else tokens.value / best.high,
        high=None if best.low is None else tokens.value / best.low,
    )


def penalty(params: Figure, tokens: Figure, flops: Figure) -> tuple[Figure, Figure]:
    """What the size and data given lose against the optimum: loss at the same FLOP, and FLOP at the same loss."""
    fit = scaling_table().refit
    reached = loss(params, tokens)
    size = fit.params_at(flops.value)
    best = computed(
        fit.loss(size, flops.value / 6 / size),
        NATS,
        N_("least loss at the same FLOP"),
        expression="min L(N, C / 6N)",
        inputs={"C": flops},
        latex=r"\min_N L(N, C / 6N)",
        convention=N_("on the data and with the tokenizer of Chinchilla; other data shift it"),
        reference=fit.source,
    )
    lost = computed(
        reached.value - best.value,
        NATS,
        N_("loss given away"),
        expression="L − m",
        inputs={"L": reached, "m": best},
        latex="L - m",
        convention=N_("against the compute-optimal model of the same FLOP"),
        reference=fit.source,
    )
    extra = computed(
        100 * (1 - fit.flops_for_loss(reached.value) / flops.value),
        PERCENT,
        N_("training FLOP beyond what the loss needs"),
        expression="1 − C*(L) / C",
        inputs={"L": reached, "C": flops},
        latex=r"1 - C^*(L) / C",
        convention=N_("against the compute-optimal model of the same loss"),
        reference=fit.source,
    )
    return lost, extra


def served(reached: Figure, served_tokens: Figure) -> tuple[Figure, Figure, Figure]:
    """Parameters, tokens and total FLOP of the model that reaches the loss cheapest over its life."""
    fit = scaling_table().refit
    found = inference_optimum(fit, reached.value, served_tokens.value)
    inputs = {"L": reached, "T": served_tokens}

    def figure(value: float, unit: str, metric: str, expression: str) -> Figure:
        return computed(
            value,
            unit,
            metric,
            expression=expression,
            inputs=inputs,
            latex=r"\min_{N, D} 6 N D + 2 N T",
            convention=N_("at equal loss; 2 FLOP per parameter and token served, hardware used equally well"),
            reference=SARDANA,
        )

    return (
        figure(
            found.params, PARAM, N_("parameters with serving counted"), "argmin(6 · N · D + 2 · N · T | L)"
        ),
        figure(
            found.tokens,
            TOKENS,
            N_("training tokens with serving counted"),
            "argmin(6 · N · D + 2 · N · T | L)",
        ),
        figure(found.flops, FLOP, N_("FLOP of training and serving"), "min(6 · N · D + 2 · N · T | L)"),
    )


def share_saved(total: Figure, params: Figure, tokens: Figure, served_tokens: Figure) -> Figure:
    """Part of the FLOP over the model's life that the optimum with serving saves."""
    spent = formulas.training_flops(params.value, tokens.value) + formulas.training_flops(
        params.value, served_tokens.value, flops_per_param_token=2.0
    )
    return computed(
        100 * (1 - total.value / spent),
        PERCENT,
        N_("saved over the model's life"),
        expression="1 − F / (6 · N · D + 2 · N · T)",
        inputs={"F": total, "N": params, "D": tokens, "T": served_tokens},
        latex=r"1 - \frac{F}{6 N D + 2 N T}",
        convention=N_("training and serving FLOP together, at equal loss"),
        reference=SARDANA,
    )
