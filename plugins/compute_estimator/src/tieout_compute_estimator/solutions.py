"""Solving relations for an unknown: the answer, other routes to it, and the interval with its shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tieout.errors import InputError
from tieout.plugin import Figure, translator
from tieout_compute_estimator.checks import missing
from tieout_compute_estimator.derivation import N_, computed
from tieout_compute_estimator.graph import Plan, Relation, Route, routes
from tieout_compute_estimator.intervals import Fixed, Spread, input_of, spread
from tieout_compute_estimator.relations import relations
from tieout_compute_estimator.rounding import rounded
from tieout_compute_estimator.solve_result import OtherRoute, Solution, VarianceShare
from tieout_compute_estimator.solve_targets import TARGETS
from tieout_compute_estimator.units import PERCENT

__all__ = ["evaluated", "solution", "spread_of"]

_ = translator("tieout_compute_estimator")
_REPORTED = ("N", "D", "C", "h", "n", "t", "B", "E", "G")


def solution(
    symbol: str,
    figures: Mapping[str, Figure],
    *,
    assumed: Mapping[str, Figure] | None = None,
    subject: str = "",
) -> Solution:
    """Solve for ``symbol`` from figures by symbol (see :mod:`relations`).

    Raises:
        InputError: The figures do not lead to the unknown.
    """
    tied = _relations(figures)
    ways = _preferred(routes(symbol, frozenset(figures) - {symbol}, tied), figures)
    if not ways:
        raise _not_enough(symbol, figures)
    if symbol in ("N", "D"):
        # Of several limits the tightest one holds.
        ways.sort(key=lambda way: way.plan.evaluate(_middles(figures, way.plan.inputs))[symbol])
    plan = _with_the_rest(ways[0], figures, tied)
    made, spreads = evaluated(plan, figures, subject)
    answer = made[symbol]
    used = {part.metric for figure in made.values() for part in figure.walk()}
    impossible = symbol == "U" and answer.value > 100
    return Solution(
        subject=subject,
        target=next((name for name, known in TARGETS.items() if known == symbol), symbol),
        answer=answer,
        median=_point(answer, spreads[symbol].p50, N_("median of the draws")) if symbol in spreads else None,
        other_routes=tuple(_other(route, figures, answer, subject) for route in ways[1:3]),
        others=tuple(
            made[name] for name in _REPORTED if name in made and name != symbol and name not in figures
        ),
        assumed=tuple(figure for figure in (assumed or {}).values() if figure.metric in used),
        shares=_shares(answer, spreads.get(symbol), figures),
        notes=(_("More than the dense peak is impossible: the limits cannot be met."),) if impossible else (),
    )


def _middles(figures: Mapping[str, Figure], names: Sequence[str]) -> dict[str, float]:
    return {name: figures[name].value for name in names}


def _preferred(ways: list[Route], figures: Mapping[str, Figure]) -> list[Route]:
    """One route for each set of limits that the user gave; the way over the FLOP of the model comes first."""
    seen: dict[frozenset[str], Route] = {}
    for route in ways:
        seen.setdefault(route.start & {"n", "t", "B", "E", "N", "D", "C", "h"}, route)
    return sorted(
        seen.values(),
        key=lambda route: (
            -len(route.start & {"N", "D", "C"}),
            "B" not in route.start,
            len(route.plan.steps),
        ),
    )


def _relations(figures: Mapping[str, Figure]) -> tuple[Relation, ...]:
    """The relations of a run, with the cost named for what it is."""
    owned = "p" in figures and figures["p"].metric == relations().owning.metric
    return relations().owned_run if owned else relations().run


def _with_the_rest(route: Route, figures: Mapping[str, Figure], tied: Sequence[Relation]) -> Plan:
    """The route, and after it everything else that follows from its inputs and its answer."""
    steps = list(route.plan.steps)
    for name in _REPORTED:
        known = frozenset(figures) | {step.symbol for step in steps}
        if name in known:
            continue
        more = routes(name, known, tied)
        if more:
            steps += more[0].plan.steps
    return Plan(tuple({step.symbol: step for step in reversed(steps)}.values())[::-1])


def evaluated(
    plan: Plan, figures: Mapping[str, Figure], subject: str
) -> tuple[dict[str, Figure], dict[str, Spread]]:
    """Every step as a figure whose interval is the 5% and 95% point of the draws."""
    spreads = spread_of(plan, figures, [step.symbol for step in plan.steps])
    made = dict(figures)
    for step in plan.steps:
        figure = step.figure(made, subject=subject, interval=False)
        found = spreads.get(step.symbol)
        if found is not None:
            low, high = min(found.p5, figure.value), max(found.p95, figure.value)
            figure = figure.model_copy(update={"low": low, "high": high})
        made[step.symbol] = figure
    return made, spreads


def spread_of(plan: Plan, figures: Mapping[str, Figure], outputs: Sequence[str]) -> dict[str, Spread]:
    """The spread of the outputs that uncertain figures make; empty when all are certain."""
    inputs = {name: input_of(figures[name]) for name in plan.inputs}
    if all(isinstance(item, Fixed) for item in inputs.values()):
        return {}
    return spread(plan.evaluate_arrays, inputs, outputs)


def _other(route: Route, figures: Mapping[str, Figure], first: Figure, subject: str) -> OtherRoute:
    made, _spreads = evaluated(route.plan, figures, subject)
    answer = made[route.target]
    ratio = computed(
        answer.value / first.value,
        "x",
        N_("ratio of the two routes"),
        expression="b / a",
        inputs={"a": first, "b": answer},
        latex=r"\frac{b}{a}",
        convention=N_("middle values of both routes"),
        reference="",
    )
    return OtherRoute(answer=answer, ratio=ratio)


def _shares(answer: Figure, found: Spread | None, figures: Mapping[str, Figure]) -> tuple[VarianceShare, ...]:
    if found is None:
        return ()
    return tuple(
        VarianceShare(
            input=figures[name].metric,
            share=computed(
                rounded(100 * share, 2),
                PERCENT,
                N_("share of the variance"),
                expression="Var(ln y | x) / Σ Var(ln y | xᵢ)",
                inputs={"x": figures[name]},
                latex=r"\frac{\mathrm{Var}(\ln y \mid x)}{\sum_i \mathrm{Var}(\ln y \mid x_i)}",
                convention=N_("one input at a time through its range, the others in the middle"),
                reference="",
                subject=figures[name].metric,
            ),
            low_end=_point(answer, found.ends[name][0], N_("with the input at its low end")),
            high_end=_point(answer, found.ends[name][1], N_("with the input at its high end")),
        )
        for name, share in found.shares.items()
        if share >= 0.005
    )


def _point(answer: Figure, value: float, metric: str) -> Figure:
    return answer.model_copy(update={"value": value, "low": None, "high": None, "metric": metric})


def _not_enough(symbol: str, figures: Mapping[str, Figure]) -> InputError:
    """What would lead to the unknown: a device, then a limit."""
    wanted: list[tuple[str, str]] = []
    if "P" not in figures:
        wanted.append((N_("device"), "H100"))
    if "B" in figures and "p" not in figures:
        wanted.append((N_("rental price"), "$2.5/GPU-hour"))
    elif "E" in figures and "P" in figures and "W" not in figures:
        wanted.append((N_("devices and days, or a budget, since the board power is not known"), "$5M"))
    elif symbol in ("N", "D", "U") and not figures.keys() & {"B", "E", "t", "n"}:
        wanted.append((N_("a budget, an amount of energy, or devices and days"), "$5M"))
    elif symbol in ("n", "t") and not figures.keys() & {"t", "n"}:
        wanted.append((N_("days or devices"), "90 days"))
    if symbol not in ("N", "D") and not {"N", "D"} & figures.keys() and "C" not in figures:
        wanted.append((N_("parameters and training tokens"), "70B, 15T tokens"))
    elif symbol in ("B", "p") and "p" not in figures and symbol == "B":
        wanted.append((N_("rental price"), "$2.5/GPU-hour"))
    return missing(wanted or [(N_("devices and days, or a budget"), "1,024 GPUs, 90 days")])
