"""Products and quotients of typed quantities that have the dimensions of another: the search behind the ledger.

Each step takes a term that cancels part of what is left of the target's dimensions, so that only products with the
right dimensions are ever multiplied out: some tens of microseconds for a claim.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tieout_compute_estimator.claims.entries import Entry
from tieout_compute_estimator.claims.search import Vector

__all__ = ["Product", "products"]

_MOST = 160
"""Products looked at for one target: more mean that the claim lists many alike numbers."""


@dataclass(frozen=True, slots=True)
class Product:
    """Terms above and below the line."""

    terms: tuple[tuple[Entry, int], ...]
    opened: bool = False
    """Made for a scope of the target that its words leave open."""

    @property
    def value(self) -> float:
        """In base units."""
        return math.prod(entry.value**power for entry, power in self.terms)

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end where a term is a range."""
        low = high = 1.0
        for entry, power in self.terms:
            a, b = entry.ends or (entry.value, entry.value)
            a, b = (a**power, b**power) if power > 0 else (b**power, a**power)
            low, high = low * a, high * b
        return low, high

    @property
    def indexes(self) -> frozenset[int]:
        """Numbers of the claim behind it."""
        return frozenset(index for entry, _power in self.terms for index in entry.indexes)

    @property
    def slack(self) -> float:
        """Relative uncertainty of what goes in."""
        return sum(entry.slack * abs(power) for entry, power in self.terms)

    @property
    def known(self) -> int:
        """Terms from the tables."""
        return sum(entry.known for entry, _power in self.terms)

    @property
    def loose(self) -> int:
        """Terms whose scope is left open."""
        return sum(entry.loose for entry, _power in self.terms) + self.opened

    @property
    def symbols(self) -> str:
        """``x0 · x1 / x2``."""
        above = [f"x{n}" for n, (_entry, power) in enumerate(self.terms) if power > 0]
        below = [f"x{n}" for n, (_entry, power) in enumerate(self.terms) if power < 0]
        return " · ".join(above or ["1"]) + "".join(f" / {name}" for name in below)

    @property
    def assumed(self) -> str:
        """What was assumed of a term."""
        return next((entry.assumed for entry, _power in self.terms if entry.assumed), "")


def products(target: int, vector: Vector, pool: Sequence[Entry], *, most: int = 4) -> list[Product]:
    """Products of ``pool`` with the dimensions ``vector`` that use each number once and not the target.

    Args:
        target: Index of the number to be made.
        vector: Its dimensions.
        pool: Entries, several readings of one number among them.
        most: Terms of a product at most; factors without a dimension come on top.
    """
    plain = [e for e in pool if e.vector and target not in e.indexes]
    factors = [
        e for e in pool if not e.vector and target not in e.indexes and e.role in ("mfu", "pue", "load")
    ]
    found: list[Product] = []
    for terms in _walk(vector, plain, (), frozenset(), most, vector):
        found += _with_factors(terms, factors)
        if len(found) >= _MOST:
            break
    return _distinct(found)


def _walk(
    rest: Vector,
    pool: Sequence[Entry],
    terms: tuple[tuple[Entry, int], ...],
    used: frozenset[int],
    left: int,
    target: Vector,
) -> Iterator[tuple[tuple[Entry, int], ...]]:
    if not rest:
        yield terms
        return
    if not left:
        return
    name, wanted = rest[0]
    for entry in pool:
        own = next((power for key, power in entry.vector if key == name), 0)
        if not own or used & entry.indexes or any(entry is other for other, _power in terms):
            continue
        power = 1 if (own > 0) == (wanted > 0) else -1
        if entry.vector == target and (terms or power < 0):
            continue  # a number of the target's own kind is carried over and not made
        if any(other.vector == entry.vector and sign != power for other, sign in terms):
            continue
        after = _minus(rest, entry.vector, power)
        if sum(abs(p) for _n, p in after) <= 5:
            yield from _walk(after, pool, (*terms, (entry, power)), used | entry.indexes, left - 1, target)


def _minus(rest: Vector, vector: Vector, power: int) -> Vector:
    total = dict(rest)
    for name, own in vector:
        total[name] = total.get(name, 0) - own * power
    return tuple(sorted((name, own) for name, own in total.items() if own))


def _with_factors(terms: tuple[tuple[Entry, int], ...], factors: Sequence[Entry]) -> Iterator[Product]:
    yield Product(terms)
    for factor in factors:
        energetic = any(n == "joule" for entry, _p in terms for n, _q in entry.vector)
        if factor.role == "mfu" and not energetic:
            rates = [power for entry, power in terms if entry.role == "rate"]
            powers = rates[:1]
        else:
            powers = [1, -1] if energetic else []
        for power in powers:
            yield Product((*terms, (factor, power)))


def _distinct(found: Sequence[Product]) -> list[Product]:
    seen: dict[frozenset[tuple[int, int]], Product] = {}
    for one in found:
        key = frozenset((id(entry), power) for entry, power in one.terms)
        seen.setdefault(key, one)
    return list(seen.values())
