"""How was this number made? A search over products and quotients of typed quantities.

Every quantity carries the dimensions of what it counts, so of all products of up to four terms only those are looked
at that have the dimensions of the target. Pairs are made once and met in the middle: some milliseconds for a dozen
quantities.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tieout.plugin import Figure

__all__ = ["Derivation", "Term", "dimensions", "search"]

Vector = tuple[tuple[str, int], ...]

_BASE: dict[str, tuple[tuple[str, int], ...]] = {
    "compute": (("flop", 1),),
    "compute/time": (("flop", 1), ("time", -1)),
    "operations/time": (("flop", 1), ("time", -1)),
    "time": (("time", 1),),
    "gpu": (("gpu", 1),),
    "chip": (("gpu", 1),),
    "server": (("server", 1),),
    "gpu time": (("gpu", 1), ("time", 1)),
    "information": (("byte", 1),),
    "information/time": (("byte", 1), ("time", -1)),
    "power": (("joule", 1), ("time", -1)),
    "energy": (("joule", 1),),
    "carbon": (("carbon", 1),),
    "token": (("token", 1),),
    "token/time": (("token", 1), ("time", -1)),
    "parameter": (("parameter", 1),),
    "cpu core": (("core", 1),),
}


def dimensions(dimension: str, role: str) -> Vector | None:
    """The dimension vector of a quantity; None for what no product is made of (dates, ordinals)."""
    if role in ("visits", "users", "pages", "layers", "experts"):
        return ((role, 1),)
    if role == "token_price" and dimension.startswith("money:") and "/" not in dimension:
        return ((dimension, 1), ("visits", -1))
    if role == "item_price" and "/" not in dimension:
        return ((dimension, 1), ("gpu", -1))
    if dimension == "number":
        return ()
    above, *below = dimension.split("/") if dimension not in _BASE else (dimension,)
    if above.startswith("money:"):
        vector = {above: 1}
    elif above in _BASE:
        vector = dict(_BASE[above])
    else:
        return None
    for part in below:
        for name, power in _BASE.get(part, ((part, 1),)):
            vector[name] = vector.get(name, 0) - power
    return _clean(vector)


def _clean(vector: dict[str, int]) -> Vector:
    return tuple(sorted((name, power) for name, power in vector.items() if power))


def _add(a: Vector, b: Vector, sign: int = 1) -> Vector:
    total = dict(a)
    for name, power in b:
        total[name] = total.get(name, 0) + sign * power
    return _clean(total)


@dataclass(frozen=True, slots=True)
class Term:
    """A quantity that a derivation may use."""

    name: str
    value: float
    """In base units of its dimension."""
    vector: Vector
    figure: Figure
    cost: float = 1.0
    """How far-fetched it is to use it: 0 in the same sentence, 1 in the document, 2 from the tables."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A product of terms, each above or below the line, that gives the target."""

    terms: tuple[tuple[Term, int], ...]
    value: float
    error: float
    """Relative difference from the target."""

    @property
    def expression(self) -> str:
        """The product in words: ``3640 PF-day · 6.16M USD / 4.6M USD``."""
        above = [term.name for term, power in self.terms if power > 0]
        below = [term.name for term, power in self.terms if power < 0]
        return " · ".join(above or ["1"]) + "".join(f" / {name}" for name in below)

    @property
    def symbols(self) -> str:
        """The product over the symbols x0, x1 … in the order of the terms."""
        above = [f"x{n}" for n, (_term, power) in enumerate(self.terms) if power > 0]
        below = [f"x{n}" for n, (_term, power) in enumerate(self.terms) if power < 0]
        return " · ".join(above or ["1"]) + "".join(f" / {name}" for name in below)

    @property
    def cost(self) -> float:
        """What ranks derivations: the sum of the terms' costs, each term, and the error."""
        return sum(term.cost + 1.0 for term, _power in self.terms) + min(self.error * 150, 3.0)

    def rescales(self) -> bool:
        """Whether a number is carried over by the ratio of two unlike quantities, such as two sums of money."""
        vectors: dict[Vector, set[int]] = {}
        for term, power in self.terms:
            vectors.setdefault(term.vector, set()).add(power)
        target = _product(self.terms)
        proxies = [v for v, powers in vectors.items() if powers == {1, -1} and v != target]
        return any(any(name.startswith("money:") for name, _p in v) for v in proxies)


def _product(terms: Iterable[tuple[Term, int]]) -> Vector:
    total: Vector = ()
    for term, power in terms:
        total = _add(total, term.vector, power)
    return total


def search(
    target: float,
    vector: Vector,
    terms: Sequence[Term],
    *,
    tolerance: float = 0.004,
    most_terms: int = 4,
    keep: int = 8,
) -> list[Derivation]:
    """Products of two to ``most_terms`` of ``terms`` with the target's dimensions and value, best first.

    Args:
        target: In base units.
        terms: At most some fourteen are worth the time; a term is used once.
        tolerance: Largest relative difference.
    """
    if target <= 0 or not math.isfinite(target):
        return []
    usable = [term for term in terms if term.value > 0 and math.isfinite(term.value)][:14]
    singles = [((index, power),) for index in range(len(usable)) for power in (1, -1)]
    pairs = [
        (*a, *b) for position, a in enumerate(singles) for b in singles[position + 1 :] if a[0][0] != b[0][0]
    ]
    logs = [math.log(term.value) for term in usable]
    halves: dict[Vector, list[tuple[float, tuple[tuple[int, int], ...]]]] = {}
    for combination in (*singles, *pairs):
        total: Vector = ()
        for index, power in combination:
            total = _add(total, usable[index].vector, power)
        halves.setdefault(total, []).append((sum(power * logs[i] for i, power in combination), combination))
    wanted = math.log(target)
    slack = math.log1p(tolerance)
    found: dict[frozenset[tuple[int, int]], Derivation] = {}
    for first_vector, firsts in halves.items():
        rest = _add(vector, first_vector, -1)
        seconds = [*halves.get(rest, ()), *([(0.0, ())] if not rest else [])]
        for log_a, first in firsts:
            for log_b, second in seconds:
                if abs(log_a + log_b - wanted) > slack:
                    continue
                _keep(found, usable, first, second, most_terms, target)
    return sorted(found.values(), key=lambda one: one.cost)[:keep]


def _keep(
    found: dict[frozenset[tuple[int, int]], Derivation],
    usable: Sequence[Term],
    first: tuple[tuple[int, int], ...],
    second: tuple[tuple[int, int], ...],
    most_terms: int,
    target: float,
) -> None:
    used = [index for index, _power in (*first, *second)]
    if len(set(used)) != len(used) or not 2 <= len(used) <= most_terms:
        return
    key = frozenset((*first, *second))
    if key in found:
        return
    ordered = sorted(key, key=lambda pair: (-pair[1], usable[pair[0]].cost, pair[0]))
    terms = tuple((usable[index], power) for index, power in ordered)
    value = math.prod(term.value**power for term, power in terms)
    found[key] = Derivation(terms, value, abs(value / target - 1))
