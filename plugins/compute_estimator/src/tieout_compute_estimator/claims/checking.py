"""Checking claims: the rules in their order, the verdict, what is missing, and the corrected sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Figure, Formula, Language, ReportSpan
from tieout_compute_estimator.claims import (
    rules_arithmetic,
    rules_change,
    rules_context,
    rules_data,
    rules_derived,
    rules_disclosure,
    rules_energy,
    rules_growth,
    rules_hardware,
    rules_hours,
    rules_kind,
    rules_ledger,
    rules_pairs,
    rules_premise,
    rules_prices,
    rules_published,
    rules_ratio,
    rules_runs,
    rules_sums,
    rules_training,
    rules_units,
    rules_utilisation,
    rules_weights,
)
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.correcting import corrected
from tieout_compute_estimator.claims.findings import Finding, derived, product_text
from tieout_compute_estimator.claims.frames import Claim, Measure
from tieout_compute_estimator.claims.knowledge import Knowledge, knowledge
from tieout_compute_estimator.claims.segments import Segmented, segments
from tieout_compute_estimator.claims.verdicts import Decision, Verdict, covered, decide, settled
from tieout_compute_estimator.derivation import N_

__all__ = ["CheckedClaim", "Way", "check_claims", "check_one", "check_parts", "claim_of", "read_claims"]

Rule = Callable[[Bench], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    rules_published.published,
    rules_premise.recognised,
    rules_premise.misattributed,
    rules_premise.hardware_premise,
    rules_premise.dense_premise,
    rules_disclosure.disclosed,
    rules_disclosure.mixture,
    rules_disclosure.formats,
    rules_kind.model_kind,
    rules_kind.trained_on,
    rules_kind.memory_kind,
    rules_kind.linked_by,
    rules_units.wrong_kind,
    rules_units.text_and_tokens,
    rules_units.possible_pue,
    rules_units.rate_of_work,
    rules_units.size_of_tokens,
    rules_sums.carried_over,
    rules_prices.priced_parts,
    rules_sums.summed,
    rules_weights.cached,
    rules_weights.weights_size,
    rules_ledger.balanced,
    rules_pairs.paired,
    rules_utilisation.utilised,
    rules_hardware.rates,
    rules_training.training_work,
    rules_training.counted,
    rules_runs.carried_out,
    rules_hours.hours_stated,
    rules_hours.priced,
    rules_hours.rented,
    rules_energy.drawn,
    rules_energy.used,
    rules_energy.emitted,
    rules_ratio.multiplied,
    rules_growth.doubled,
    rules_growth.grown,
    rules_change.changed,
    rules_change.shared,
    rules_data.optimal_tokens,
    rules_data.data_size,
    rules_weights.fits_on,
    rules_weights.held_by,
    rules_data.size_implies,
    rules_arithmetic.worked_off,
    rules_arithmetic.equated,
    rules_context.run_implied,
    rules_context.estimate_behind,
    rules_context.estimates_agree,
    rules_context.spend,
)
"""In the order in which their findings are shown."""

_RELEVANT = frozenset(
    (
        "params",
        "active_params",
        "tokens",
        "devices",
        "servers",
        "gpu_hours",
        "compute",
        "rate",
        "mfu",
        "goodput",
        "energy",
        "carbon",
        "link",
        "memory_bandwidth",
        "throughput",
        "unit_price",
        "item_price",
        "token_price",
        "cpu_cores",
        "visits",
    )
)
"""Roles that make a sentence of a document a claim about compute by themselves."""

_ASIDE = ("count", "span", "percent", "duration", "growth", "memory")
"""Roles that say little about compute beside a name alone."""

MISSING = {
    "goodput": N_("the log of the run, or a definition of effective time"),
    "mfu": N_("parameters, tokens and device-hours of the run"),
    "growth": N_("the value before"),
    "percent": N_("the value before, or the whole"),
    "multiple": N_("both values that are compared"),
    "cost": N_("device-hours and rent, or a published bill"),
    "money": N_("a published figure"),
    "users": N_("a published count"),
    "visits": N_("a published count"),
    "duration": N_("the number of devices and the work done"),
    "devices": N_("a published count, or the work and the time"),
    "rate": N_("the device and the number format"),
    "energy": N_("device-hours and power"),
    "power": N_("the number of devices"),
    "tokens": N_("a published count of tokens"),
    "params": N_("a published size"),
    "compute": N_("parameters and tokens"),
    "share": N_("the whole"),
}
"""By role: the fact that would make a number checkable."""


class Way(BaseModel):
    """One way a number can be made from others; ``cost`` ranks them, the least far-fetched first."""

    model_config = ConfigDict(frozen=True)

    expression: str
    value: Figure
    error: float
    """Relative difference from the number stated."""
    cost: float
    rescales: bool
    """Carried over by the ratio of two sums of money."""

    def text(self, lang: Language) -> str:
        """The product with each number as ``lang`` writes it."""
        return (
            product_text(self.value.origin, lang)
            if isinstance(self.value.origin, Formula)
            else self.expression
        )


class CheckedClaim(BaseModel):
    """A claim with its verdict, and everything that led to it."""

    model_config = ConfigDict(frozen=True)

    text: str
    """As it stands in the document."""
    start: int
    """Offset of the first character, in the text given or on the page."""
    end: int
    page: int | None = None
    span: ReportSpan | None = None
    verdict: Verdict
    reason: str
    """The line of the verdict table that decided; English, translated where it is shown."""
    findings: tuple[Finding, ...] = ()
    stated: tuple[Figure, ...] = ()
    computed: dict[str, Figure] = {}
    """Numbers that were recomputed or implied, by name."""
    assumptions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Facts that would make the rest checkable."""
    ways: tuple[Way, ...] = ()
    """How the number that decided may have been made."""
    corrected: str = ""
    """The sentence with the right numbers and their sources; empty where there is nothing to correct."""
    read_as: tuple[tuple[str, str], ...] = ()
    """Recognition errors that were undone: as written, as read."""


def read_claims(text: str, *, document: bool = False, whole: bool = False) -> list[Segmented]:
    """The claims that a text is read as; of a document only those about compute.

    Args:
        document: Part of a longer document, so that sentences about other things are left out.
        whole: Read all of ``text`` as one claim.
    """
    parts = list(segments(text, knowledge(), whole=whole))
    return [part for part in parts if whole or (len(parts) == 1 and not document) or _relevant(part)]


def check_parts(
    parts: Sequence[tuple[Segmented, ReportSpan | None]], *, context: str = ""
) -> list[CheckedClaim]:
    """Check claims that were read, each with the numbers of all of them and of ``context`` around it."""
    known = knowledge()
    around = _document([*(part for part, _span in parts), *(segments(context, known) if context else ())])
    subjects = list(dict.fromkeys(m.subject for m in around if m.subject))
    return [check_one(part, known, document=around, subjects=subjects, span=span) for part, span in parts]


def check_claims(text: str, *, context: str = "", whole: bool = False) -> list[CheckedClaim]:
    """The checked claims of a text in order.

    Args:
        text: A sentence, a paragraph or a page.
        context: The document around it, whose numbers the claims may lean on.
        whole: Read all of ``text`` as one claim.
    """
    return check_parts(
        [(part, None) for part in read_claims(text, whole=whole or bool(context))], context=context
    )


def _relevant(part: Segmented) -> bool:
    claim = part.claim
    if any(m.role in _RELEVANT for m in claim.measures):
        return True
    if not any(m.kind in ("model", "device", "system", "topic") for m in claim.mentions):
        return False
    trained = re.search(r"训练|train", claim.text, re.IGNORECASE)
    aside = ("count", "span", "percent", "growth", "memory") if trained else _ASIDE
    return any(m.role not in aside for m in claim.measures)


def _document(parts: Iterable[Segmented]) -> list[Measure]:
    return [m for part in parts for m in part.claim.measures if m.role != "count"][:4000]


def check_one(
    part: Segmented,
    known: Knowledge,
    *,
    document: Sequence[Measure] = (),
    subjects: Sequence[str] = (),
    span: ReportSpan | None = None,
) -> CheckedClaim:
    """One claim through every rule."""
    claim = part.claim
    lent = None if span is None else Figure(value=0.0, origin=span)
    bench = Bench(claim, known, document, subjects, lent)
    findings: list[Finding] = []
    for rule in RULES:
        found = list(rule(bench))
        matches = [one for one in found if one.kind == "match"]
        results = [one.target for one in matches if one.rule in ("product", "ratio", "sum", "weights")]
        bench.explained |= {target for target in results if target is not None}
        bench.confirmed |= covered(one for one in matches if one.rule == "published")
        bench.covered |= covered(one for one in matches if one.rule in ("product", "sum"))
        findings += found
    findings = settled(findings)
    explained = covered(
        one
        for one in findings
        if one.kind in ("match", "slip", "premise")
        or (one.kind == "assume" and one.rule in ("published", "leak"))
    )
    made = list(rules_derived.how_made(bench, explained))
    carried = {one.target for one in made if one.kind == "rescale"}
    findings = [
        one for one in findings if not (carried & set(one.covers) and one.kind in ("assume", "contradict"))
    ] + made
    decision = decide(claim, findings)
    return _checked(part, bench, findings, decision, span)


def _checked(
    part: Segmented, bench: Bench, findings: list[Finding], decision: Decision, span: ReportSpan | None
) -> CheckedClaim:
    claim = part.claim
    computed: dict[str, Figure] = {}
    for one in findings:
        for name, figure in one.numbers.items():
            computed.setdefault(
                name if name not in computed or computed[name] == figure else f"{name}_{one.rule}", figure
            )
    assumptions = [
        one.words["assumption"] for one in findings if one.kind == "assume" and "assumption" in one.words
    ]
    missing = [
        MISSING.get(one.words["missing"], one.words["missing"])
        for one in findings
        if one.kind == "missing" and "missing" in one.words
    ]
    if decision.verdict in ("not_checkable", "ok_with_assumption"):
        missing += [
            MISSING[role] for index in decision.unverified if (role := claim.measures[index].role) in MISSING
        ]
    return CheckedClaim(
        text=claim.raw,
        start=claim.start,
        end=claim.end,
        page=span.page if span else None,
        span=span,
        verdict=decision.verdict,
        reason=decision.rule,
        findings=tuple(findings),
        stated=tuple(bench.stated(i) for i in range(len(claim.measures))),
        computed=computed,
        assumptions=tuple(dict.fromkeys(assumptions)),
        missing=tuple(dict.fromkeys(missing)),
        ways=tuple(_ways(bench, findings)),
        corrected=corrected(claim, findings, decision),
        read_as=part.changed,
    )


def _ways(bench: Bench, findings: Sequence[Finding]) -> Iterator[Way]:
    """Ranked derivations of the numbers that no source confirms."""
    indexes = [
        one.target
        for one in findings
        if one.rule in ("derivation", "unnamed", "sparse") and one.target is not None
    ]
    for index in dict.fromkeys(indexes):
        measure = bench.claim.measures[index]
        for way in rules_derived.derivations(bench, index, keep=5):
            inputs = {f"x{n}": term.figure for n, (term, _power) in enumerate(way.terms)}
            value = derived(
                rules_arithmetic.from_base(way.value, measure),
                measure.unit,
                "derivation",
                way.symbols,
                inputs,
            )
            yield Way(
                expression=way.expression,
                value=value,
                error=way.error,
                cost=way.cost,
                rescales=way.rescales(),
            )


def claim_of(text: str) -> Claim | None:
    """The claim that a text is read as, for tests and for looking at what was understood."""
    part = next(segments(text, knowledge(), whole=True), None)
    return part.claim if part else None
