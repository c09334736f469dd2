"""How a number that nothing explains may have been made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, derived, finding
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact
from tieout_compute_estimator.claims.rules_arithmetic import from_base, to_base
from tieout_compute_estimator.claims.search import Derivation, Term, dimensions, search
from tieout_compute_estimator.derivation import N_

__all__ = ["derivations", "how_made"]


def how_made(bench: Bench, explained: set[int]) -> Iterator[Finding]:
    """For a number of several digits that nothing explains: products of the document's and the world's quantities."""
    for index, measure in enumerate(bench.claim.measures):
        found = derivations(bench, index) if _asks(index, measure, explained) else []
        if not found:
            continue
        best = found[0]
        value = from_base(best.value, measure)
        inputs = {f"x{n}": term.figure for n, (term, _power) in enumerate(best.terms)}
        figure = derived(value, measure.unit, "derivation", best.symbols, inputs)
        numbers = {"value": figure, **_behind(bench, index, best)}
        if not best.rescales():
            yield finding(
                "imply",
                "derivation",
                N_("{stated} may have been made as {expression}."),
                figures={"stated": bench.stated(index), **inputs},
                words={"expression": best.expression},
                numbers=numbers,
                target=index,
            )
            continue
        yield finding(
            "rescale",
            "derivation",
            N_(
                "{stated} is what {expression} gives ({computed}): a number carried over by a "
                "ratio of money and not counted. It holds only if both cost the same per unit of "
                "work."
            ),
            figures={"stated": bench.stated(index), "computed": figure, **inputs},
            words={"expression": best.expression},
            covers=(index,),
            numbers=numbers,
            target=index,
            recomputed=figure,
        )


def _asks(index: int, measure: Measure, explained: set[int]) -> bool:
    wanted = measure.role in (
        "compute",
        "energy",
        "devices",
        "servers",
        "gpu_hours",
        "cost",
        "money",
        "rate",
        "carbon",
    )
    return wanted and index not in explained and measure.digits >= 3 and measure.value > 0


def derivations(bench: Bench, index: int, *, keep: int = 8) -> list[Derivation]:
    """Ranked derivations of one number from the claim's other numbers, its document and what is known."""
    measure = bench.claim.measures[index]
    vector = dimensions(measure.dimension, measure.role)
    if not vector:
        return []
    terms = list(_terms(bench, index))
    step = (measure.step / 2 / measure.value) if measure.value else 0.0
    return search(to_base(measure.value, measure), vector, terms, tolerance=max(step, 0.0006), keep=keep)


def _terms(bench: Bench, index: int) -> Iterator[Term]:
    measure = bench.claim.measures[index]
    seen: list[tuple[float, object]] = []

    def fresh(value: float, vector: object) -> bool:
        if any(abs(v / value - 1) < 1e-4 and other == vector for v, other in seen):
            return False
        seen.append((value, vector))
        return True

    target = to_base(measure.value, measure)
    target_vector = dimensions(measure.dimension, measure.role)
    for i, other in enumerate(bench.claim.measures):
        vector = dimensions(other.dimension, other.role)
        if i != index and vector and fresh(to_base(other.value, other), vector):
            yield Term(other.text.strip(), to_base(other.value, other), vector, bench.stated(i), 0.0, "claim")
    for other in _near(bench, measure):
        vector = dimensions(other.dimension, other.role)
        value = to_base(other.value, other)
        same = abs(value / target - 1) < 1e-4 and vector == target_vector if target else False
        if vector and value > 0 and not same and fresh(value, vector):
            yield Term(
                other.text.strip(), value, vector, other.figure(other.role.replace("_", " ")), 0.4, "document"
            )
    for fact in _world(bench, measure):
        if (vector := dimensions(_dimension(fact.unit), fact.role)) is not None and vector:
            value = _to_base(fact)
            same = abs(value / target - 1) < 1e-4 and vector == target_vector if target else False
            if value > 0 and not same and fresh(value, vector):
                yield Term(_label(fact), value, vector, fact.figure(), 1.2, fact.source_text)


def _near(bench: Bench, measure: Measure) -> list[Measure]:
    """Numbers of the document that may have gone into this one: what shares its words first."""
    wanted = (
        "compute",
        "cost",
        "money",
        "visits",
        "users",
        "token_price",
        "duration",
        "devices",
        "servers",
        "rate",
        "energy",
        "power",
        "tokens",
        "params",
    )
    found = [m for m in bench.document if m.role in wanted and m.value > 0]
    return sorted(found, key=lambda m: (m.dimension != measure.dimension, not m.subject))[:9]


def _world(bench: Bench, measure: Measure) -> Iterable[Fact]:
    """Facts about the subjects named, and the compute, cost and time of the model they descend from."""
    names: dict[str, None] = {}
    for mention in bench.claim.named("model", "service", "system", "device"):
        names[mention.name] = None
        found = bench.known.subject(mention.name)
        while found is not None and found.lineage and found.lineage not in names:
            names[found.lineage] = None
            found = bench.known.subject(found.lineage)
    roles = {
        "compute": ("compute", "cost", "visits", "token_price"),
        "rate": ("rate", "devices"),
    }.get(
        measure.role,
        (
            "compute",
            "cost",
            "visits",
            "token_price",
            "energy",
            "gpu_hours",
            "devices",
            "duration",
            "unit_price",
            "item_price",
            "users",
        ),
    )
    facts: list[Fact] = []
    for name in names:
        facts += [
            f
            for f in bench.known.facts(name, *roles)
            if f.status not in ("debunked", "forecast") and not f.period
        ]
    return facts + _products(facts)


def _products(facts: list[Fact]) -> list[Fact]:
    """Visits times the cost of one: the monthly bill that reports work with."""
    visits = next((f for f in facts if f.role == "visits"), None)
    each = next((f for f in facts if f.role == "token_price" and f.unit == "USD"), None)
    if visits is None or each is None:
        return []
    return [
        each.model_copy(
            update={
                "role": "cost",
                "value": visits.value * each.value,
                "unit": each.unit,
                "metric": "visits times the cost of one chat",
                "per": "",
            }
        )
    ]


def _dimension(unit: str) -> str:
    from tieout.quantities import DEFAULT

    return DEFAULT.get(unit).dimension if unit in DEFAULT else "number"


def _to_base(fact: Fact) -> float:
    from tieout.quantities import DEFAULT

    return fact.value * (DEFAULT.get(fact.unit).factor if fact.unit in DEFAULT and fact.unit else 1.0)


def _label(fact: Fact) -> str:
    from tieout.quantities import format_quantity

    shown = format_quantity(fact.value, fact.unit, lang="en", digits=4)
    return f"{shown} ({fact.subject} {fact.metric or fact.role.replace('_', ' ')})"


def _behind(bench: Bench, index: int, best: Derivation) -> dict[str, Figure]:
    """What a number carried over by money stands for: money per PF-day, and the tokens that each visit would need.

    The tokens are given for every size that was ever said of the service, mistaken ones too.
    """
    measure = bench.claim.measures[index]
    if measure.role != "compute":
        return {}
    numbers: dict[str, Figure] = {}
    compute = next((t for t, p in best.terms if p > 0 and t.vector == (("flop", 1),)), None)
    money = next((t for t, p in best.terms if p < 0), None)
    if compute is not None and money is not None:
        numbers["usd_per_pfd"] = derived(
            money.value / (compute.value / 8.64e19),
            "USD",
            "money per PF-day",
            "USD / C",
            {"USD": money.figure, "C": compute.figure},
        )
    visits = next((m.figure("visits") for m in bench.document if m.role == "visits"), None)
    if visits is None:
        visits = next(
            (
                f.figure("visits")
                for m in bench.claim.named("service")
                for f in bench.known.facts(m.name, "visits")
            ),
            None,
        )
    if visits is None:
        return numbers
    flops = to_base(measure.value, measure)
    sizes = [f for m in bench.claim.named("service") for f in bench.known.facts(m.name, "params") if f.value]
    for fact in sizes:
        numbers[f"tokens_per_visit_{fact.value / 1e9:g}b"] = derived(
            flops / (2 * fact.value * visits.value),
            "token",
            "tokens per visit",
            "C / (2 · N · visits)",
            {"C": bench.stated(index), "N": fact.figure("size assumed"), "visits": visits},
            convention="2 FLOP per parameter and token",
        )
    return numbers
