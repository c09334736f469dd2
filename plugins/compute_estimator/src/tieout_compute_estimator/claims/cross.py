"""Claims of one document against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.checking import CheckedClaim
from tieout_compute_estimator.claims.findings import agrees, finding, in_unit
from tieout_compute_estimator.claims.frames import Claim, Measure
from tieout_compute_estimator.claims.knowledge import knowledge
from tieout_compute_estimator.claims.result import Contradiction
from tieout_compute_estimator.claims.rules_context import estimates_agree
from tieout_compute_estimator.claims.segments import Segmented
from tieout_compute_estimator.derivation import N_

__all__ = ["contradictions"]

_COMPARED = ("params", "active_params", "tokens", "compute", "gpu_hours", "devices", "servers", "layers")
"""Roles of which a subject has one value."""
_APART = 1.3
"""Two values that differ by more than this factor are not roundings of each other."""
_MOST = 40


def contradictions(claims: Sequence[CheckedClaim], parts: Sequence[Segmented]) -> list[Contradiction]:
    """Pairs of claims that give one subject two values, or two estimates that do not carry over into each other."""
    found = [*_two_values(claims, parts), *_two_estimates(parts)]
    return found[:_MOST]


def _two_values(claims: Sequence[CheckedClaim], parts: Sequence[Segmented]) -> Iterator[Contradiction]:
    seen: dict[tuple[str, str], list[tuple[int, int, Measure]]] = {}
    for at, part in enumerate(parts):
        for index, measure in enumerate(part.claim.measures):
            if (
                measure.role in _COMPARED
                and measure.subject
                and measure.sure
                and not measure.per
                and measure.low is None
            ):
                seen.setdefault((measure.subject, measure.role), []).append((at, index, measure))
    for (subject, role), places in seen.items():
        first_at, first_index, first = places[0]
        for at, index, measure in places[1:]:
            value = in_unit(measure.value, measure.unit, first.unit)
            if at == first_at or not value or not first.value or 1 / _APART < value / first.value < _APART:
                continue
            if (family := knowledge().subject(subject)) and family.members:
                continue  # a family has a value for each of its sizes
            if _both_known(subject, role, first) and _both_known(subject, role, measure):
                continue
            if first.device and measure.device and first.device != measure.device:
                continue
            yield Contradiction(
                first=first_at,
                second=at,
                finding=finding(
                    "contradict",
                    "document",
                    N_("The document gives {subject} both {first} and {second} ({role})."),
                    figures={
                        "first": claims[first_at].stated[first_index],
                        "second": claims[at].stated[index],
                    },
                    words={"subject": subject, "role": role.replace("_", " ")},
                ),
            )
            break


def _both_known(subject: str, role: str, measure: Measure) -> bool:
    """Whether a value is a published one of the subject or a member of its family."""
    known = knowledge()
    facts = [
        fact
        for name in known.related(subject)
        for fact in known.facts(name, role)
        if fact.status != "debunked"
    ]
    return any(agrees(measure, in_unit(fact.value, fact.unit, measure.unit) or 0.0) for fact in facts)


def _two_estimates(parts: Sequence[Segmented]) -> Iterator[Contradiction]:
    """A time on one device in one sentence, a cost in another: the rent has to carry one to the other."""
    times = [
        (at, m)
        for at, part in enumerate(parts)
        for m in part.claim.measures
        if m.role == "duration" and m.unit == "year"
    ]
    costs = [
        (at, m)
        for at, part in enumerate(parts)
        for m in part.claim.measures
        if m.role in ("cost", "money") and m.unit == "USD"
    ]
    for at, time in times[:20]:
        for other, money in costs[:20]:
            if at == other:
                continue
            both = Claim(text="", start=0, end=0, measures=[time, money])
            for one in estimates_agree(Bench(both, knowledge())):
                if one.kind == "contradict":
                    yield Contradiction(first=at, second=other, finding=one)
