"""Formulas as relations between named quantities: written once, evaluated three ways, and turned round.

A :class:`Relation` is evaluated on plain floats (:class:`Plan`), on numpy arrays (the same plan on arrays), or as a
:class:`Figure` whose origin shows the derivation. A *product* (every input enters as a factor) can be solved for any of
its symbols; :func:`routes` chains relations to any unknown and finds each independent way to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from tieout.plugin import Figure
from tieout_compute_estimator.derivation import computed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Plan", "Relation", "Route", "product", "routes"]

_SYMBOL = re.compile(r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹]")


@dataclass(frozen=True)
class Relation:
    """One formula: ``symbol = function(*inputs)``, all in the units that the symbols are declared with."""

    symbol: str
    unit: str
    """Unit of the result, a symbol of :mod:`tieout.quantities`."""
    metric: str
    """Name of the result, marked for translation."""
    inputs: tuple[str, ...]
    function: Callable[..., float]
    """Arithmetic only, so that numpy arrays pass through it as well; arguments in the order of ``inputs``."""
    expression: str
    latex: str
    convention: str = ""
    reference: str = ""
    falling: frozenset[str] = frozenset()
    """Inputs that make the result smaller when they grow; the others make it larger."""
    others: Mapping[str, Relation] = field(default_factory=dict[str, "Relation"])
    """The same relation solved for one of its inputs, by that input's symbol; empty when it cannot be turned round."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Result and inputs."""
        return (self.symbol, *self.inputs)

    def for_symbol(self, symbol: str) -> Relation | None:
        """This relation solved for ``symbol``, or nothing."""
        return self if symbol == self.symbol else self.others.get(symbol)

    def figure(self, inputs: Mapping[str, Figure], *, subject: str = "", interval: bool = True) -> Figure:
        """The result with its derivation.

        Args:
            inputs: Figures by symbol, in the units of the relation; more than needed is allowed.
            subject: What the result is about.
            interval: Whether to carry the ends of the inputs' intervals over, best and worst together.

        Raises:
            InputError: The result is no finite number.
        """
        used = {name: inputs[name] for name in self.inputs}
        value = self.function(*[figure.value for figure in used.values()])
        low, high = (
            self._ends(used)
            if interval and any(figure.low is not None for figure in used.values())
            else (None, None)
        )
        return computed(
            value,
            self.unit,
            self.metric,
            expression=self.expression,
            inputs=used,
            latex=self.latex,
            convention=self.convention,
            reference=self.reference,
            subject=subject,
            low=low,
            high=high,
        )

    def _ends(self, inputs: Mapping[str, Figure]) -> tuple[float | None, float | None]:
        lowest = [_end(figure, high=name in self.falling) for name, figure in inputs.items()]
        highest = [_end(figure, high=name not in self.falling) for name, figure in inputs.items()]
        low, high = self.function(*lowest), self.function(*highest)
        return (low, high) if low < high else (None, None)


def _end(figure: Figure, *, high: bool) -> float:
    end = figure.high if high else figure.low
    return figure.value if end is None else end


def product(
    symbol: str,
    units: Mapping[str, tuple[str, str]],
    *,
    over: tuple[str, ...],
    under: tuple[str, ...] = (),
    function: Callable[..., float],
    expression: str = "",
    latex: str = "",
    convention: str = "",
    reference: str = "",
) -> Relation:
    """A relation in which every input is a factor; it can be solved for each of them.

    Args:
        symbol: The result.
        units: Unit and metric by symbol, of the result and of every input.
        over: Factors above the line: symbols, and numbers as text (``"6"``, ``"10¹²"``).
        under: Factors below the line.
        function: The formula on the inputs, in the order in which they stand in ``over`` and ``under``.
        expression: How it is shown; made from the factors when left out.
    """
    # "U / 100" is the symbol U with its conversion beside it.
    inputs = tuple(_name(factor) for factor in (*over, *under) if _SYMBOL.match(factor))
    below = frozenset(_name(factor) for factor in under if _SYMBOL.match(factor))

    def solved_for(unknown: str) -> Relation:
        position = inputs.index(unknown)
        rest = tuple(name for name in inputs if name != unknown)
        inverse = unknown in below

        def turned(result: float, *known: float) -> float:
            unit = function(*known[:position], 1.0, *known[position:])
            return unit / result if inverse else result / unit

        scale = tuple(_divisor(f) for f in (*over, *under) if _name(f) == unknown and " / " in f)
        above = (*(over if inverse else (symbol, *_others(under, unknown))), *scale)
        beneath = (symbol, *_others(under, unknown)) if inverse else _others(over, unknown)
        above, beneath = _numbers_first(above), _numbers_first(beneath)
        shown, drawn = _fraction(above, beneath), _latex_fraction(above, beneath)
        unit, metric = units[unknown]
        falls = below - {unknown} | {symbol} if inverse else frozenset(rest) - below
        return Relation(
            unknown,
            unit,
            metric,
            (symbol, *rest),
            turned,
            shown,
            drawn,
            convention,
            reference,
            frozenset(falls),
        )

    unit, metric = units[symbol]
    return Relation(
        symbol,
        unit,
        metric,
        inputs,
        function,
        expression or _fraction(over, under),
        latex or _latex_fraction(over, under),
        convention,
        reference,
        below,
        {name: solved_for(name) for name in inputs},
    )


def _name(factor: str) -> str:
    return factor.partition(" ")[0]


def _divisor(factor: str) -> str:
    return factor.partition(" / ")[2]


def _others(factors: Sequence[str], unknown: str) -> tuple[str, ...]:
    return tuple(factor for factor in factors if _name(factor) != unknown)


def _numbers_first(factors: Sequence[str]) -> tuple[str, ...]:
    """Plain numbers, then symbols, then symbols with a conversion beside them."""
    return tuple(sorted(factors, key=lambda factor: (bool(_SYMBOL.match(factor)), " / " in factor)))


def _fraction(over: Sequence[str], under: Sequence[str]) -> str:
    above, below = " · ".join(over) or "1", " · ".join(under)
    if not below:
        return above
    return f"{above} / ({below})" if len(under) > 1 or " / " in below else f"{above} / {below}"


def _latex_fraction(over: Sequence[str], under: Sequence[str]) -> str:
    above, below = (r" \, ".join(_latex(factor) for factor in part) for part in (over, under))
    return rf"\frac{{{above or '1'}}}{{{below}}}" if below else above


def _latex(factor: str) -> str:
    powers = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    found = re.fullmatch(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", factor)
    if found:
        return f"10^{{{found[1].translate(powers)}}}"
    name, divisor = _name(factor), _divisor(factor)
    shown = name if len(name) == 1 or not _SYMBOL.match(name) else rf"\mathrm{{{name}}}"
    return rf"\frac{{{shown}}}{{{divisor}}}" if divisor else shown


@dataclass(frozen=True)
class Plan:
    """Relations in an order in which each finds its inputs: what is evaluated again and again."""

    steps: tuple[Relation, ...]

    @cached_property
    def _compiled(self) -> tuple[tuple[str, Callable[..., float], tuple[str, ...]], ...]:
        return tuple((step.symbol, step.function, step.inputs) for step in self.steps)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Symbols that have to be given."""
        made: set[str] = set()
        needed: dict[str, None] = {}
        for step in self.steps:
            needed |= {name: None for name in step.inputs if name not in made}
            made.add(step.symbol)
        return tuple(needed)

    def evaluate(self, given: Mapping[str, float]) -> dict[str, float]:
        """Every symbol's value on plain floats; about 0.4 µs a step."""
        values = dict(given)
        for symbol, function, inputs in self._compiled:
            values[symbol] = function(*[values[name] for name in inputs])
        return values

    def evaluate_arrays(
        self, given: Mapping[str, float | NDArray[np.float64]]
    ) -> dict[str, float | NDArray[np.float64]]:
        """The same on arrays of one shape (scalars are spread over it); nothing is copied."""
        return cast(
            "dict[str, float | NDArray[np.float64]]", self.evaluate(cast("Mapping[str, float]", given))
        )

    def figures(self, given: Mapping[str, Figure], *, subject: str = "") -> dict[str, Figure]:
        """Every symbol as a figure with its derivation; no intervals beyond those of the inputs' ends."""
        values = dict(given)
        for step in self.steps:
            values[step.symbol] = step.figure(values, subject=subject)
        return values


@dataclass(frozen=True)
class Route:
    """One way to a quantity: what it starts from and the steps in order."""

    target: str
    plan: Plan

    @property
    def start(self) -> frozenset[str]:
        """The given symbols that it uses."""
        return frozenset(self.plan.inputs)


def routes(target: str, known: frozenset[str], relations: Sequence[Relation]) -> list[Route]:
    """Every independent way from ``known`` to ``target``, the shortest first.

    A known symbol is never derived, and no relation is used twice in one route. Two routes over the same given symbols
    count as one.
    """
    found: dict[frozenset[str], Route] = {}
    for steps in _derive(target, known, tuple(relations), frozenset()):
        route = Route(target, Plan(_without_repeats(steps)))
        best = found.get(route.start)
        if best is None or len(route.plan.steps) < len(best.plan.steps):
            found[route.start] = route
    return sorted(found.values(), key=lambda route: len(route.plan.steps))


def _derive(
    target: str, known: frozenset[str], relations: tuple[Relation, ...], above: frozenset[str]
) -> Iterator[tuple[Relation, ...]]:
    """Sequences of relations that end in ``target``; ``above`` are symbols that are being derived already."""
    for relation in relations:
        turned = relation.for_symbol(target)
        if turned is None or target not in relation.symbols or above & set(turned.inputs):
            continue
        rest = tuple(other for other in relations if other is not relation)
        yield from _derive_all(turned.inputs, known, rest, above | {target}, turned)


def _derive_all(
    symbols: tuple[str, ...],
    known: frozenset[str],
    relations: tuple[Relation, ...],
    above: frozenset[str],
    last: Relation,
) -> Iterator[tuple[Relation, ...]]:
    open_symbols = [symbol for symbol in symbols if symbol not in known]
    if not open_symbols:
        yield (last,)
        return
    first, *more = open_symbols
    for steps in _derive(first, known, relations, above):
        used = {step.symbol for step in steps}
        left = tuple(
            relation for relation in relations if not any(step in _forms(relation) for step in steps)
        )
        for following in _derive_all(tuple(more), known | used, left, above, last):
            yield (*steps, *following)


def _forms(relation: Relation) -> tuple[Relation, ...]:
    return (relation, *relation.others.values())


def _without_repeats(steps: tuple[Relation, ...]) -> tuple[Relation, ...]:
    seen: dict[str, Relation] = {}
    for step in steps:
        seen.setdefault(step.symbol, step)
    return tuple(seen.values())
