"""Totals of parts, and numbers that were carried over from others by a ratio of money."""

from __future__ import annotations

from collections.abc import Iterator

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.entries import vector_of
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.lists import is_total
from tieout_compute_estimator.derivation import N_

__all__ = ["carried_over", "summed"]


def summed(bench: Bench) -> Iterator[Finding]:
    """合计, in total: the sum of the alike numbers before it."""
    measures = bench.claim.measures
    for index, total in enumerate(measures):
        if not is_total(bench.claim.text, total):
            continue
        parts = [i for i in range(index) if _alike(measures[i], total)]
        if len(parts) < 2:
            continue
        values = [in_unit(measures[i].value, measures[i].unit, total.unit) or 0.0 for i in parts]
        figure = derived(
            sum(values),
            total.unit,
            "sum",
            " + ".join(f"x{n}" for n in range(len(parts))),
            {f"x{n}": bench.stated(i) for n, i in enumerate(parts)},
        )
        good = agrees(total, figure.value, tolerance=0.01)
        if not good and any(value > total.value * 1.01 for value in values):
            continue  # what is larger than the total is no part of it
        slipped = not good and any(
            agrees(total, figure.value * factor, tolerance=0.01)
            for factor in (1e3, 1e-3, 1e4, 1e-4, 1e6, 1e-6)
        )
        yield finding(
            "match" if good else "slip" if slipped else "contradict",
            "sum",
            N_("The parts add up to {computed}, as stated.")
            if good
            else N_("The parts add up to {computed}, not {stated}."),
            figures={"stated": bench.stated(index), "computed": figure},
            covers=(index, *parts),
            numbers={"sum": figure},
            target=index,
            recomputed=figure,
            fixes={} if good else {index: figure},
        )
        return


def _alike(part: Measure, total: Measure) -> bool:
    return (
        part.role == total.role
        and vector_of(part) is not None
        and vector_of(part) == vector_of(total)
        and in_unit(part.value, part.unit, total.unit) is not None
        and part.low is None
    )


_COUNTED = ("compute", "rate", "devices", "servers", "gpu_hours", "energy", "params", "tokens")
_MONEY = ("cost", "money")


def carried_over(bench: Bench) -> Iterator[Finding]:
    """A number that is another of its kind times the ratio of two sums of money: nobody counted it."""
    claim = bench.claim
    spent = [(i, m) for i, m in claim.of(*_MONEY) if m.value > 0 and m.low is None]
    if len(spent) < 2:
        return
    for index, measure in claim.of(*_COUNTED):
        if measure.value <= 0:
            continue
        for i, other in claim.of(measure.role):
            if i == index or not other.value or in_unit(other.value, other.unit, measure.unit) is None:
                continue
            if other.start > measure.start:
                continue
            for a, above in spent:
                for b, below in spent:
                    if a == b or above.unit != below.unit:
                        continue
                    value = in_unit(other.value, other.unit, measure.unit) or 0.0
                    made = value * above.value / below.value
                    if abs(above.value / below.value - 1) < 0.02 or not agrees(
                        measure, made, tolerance=0.015
                    ):
                        continue
                    yield _rescaled(bench, index, i, a, b, made)
                    return


def _rescaled(bench: Bench, index: int, other: int, above: int, below: int, value: float) -> Finding:
    measures = bench.claim.measures
    unit = measures[index].unit
    inputs = {"A": bench.stated(other), "m2": bench.stated(above), "m1": bench.stated(below)}
    figure = derived(value, unit, "derivation", "A · m2 / m1", inputs)
    each = derived(
        measures[below].value / measures[other].value if measures[other].value else 0.0,
        measures[below].unit,
        "money per unit of work",
        "m1 / A",
        {"m1": bench.stated(below), "A": bench.stated(other)},
    )
    return finding(
        "rescale",
        "carried over",
        N_(
            "{stated} is {other} times {above} over {below}: a number carried over by a ratio of money and not "
            "counted. It holds only if both cost the same per unit of work ({each})."
        ),
        figures={
            "stated": bench.stated(index),
            "other": bench.stated(other),
            "above": bench.stated(above),
            "below": bench.stated(below),
            "each": each,
        },
        covers=(index, other, above, below),
        numbers={"value": figure, "usd_per_unit": each},
        target=index,
        recomputed=figure,
    )
