"""From findings to a verdict: one table, read from the top; the first line that applies decides.

Conservative throughout: ``ok`` needs every number of the claim to be confirmed by a published value or by exact
arithmetic, and nothing that was not verified is called ok.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tieout_compute_estimator.claims.findings import Finding
from tieout_compute_estimator.claims.frames import Claim, Measure
from tieout_compute_estimator.derivation import N_

__all__ = ["RULES", "VERDICTS", "Decision", "Verdict", "covered", "decide", "settled", "worst"]

Verdict = Literal[
    "ok", "ok_with_assumption", "unit_error", "inconsistent", "false_premise", "rescaled", "not_checkable"
]

VERDICTS: dict[Verdict, str] = {
    "unit_error": N_("unit error"),
    "false_premise": N_("false premise"),
    "rescaled": N_("rescaled, not counted"),
    "inconsistent": N_("inconsistent"),
    "not_checkable": N_("not checkable"),
    "ok_with_assumption": N_("true under an assumption"),
    "ok": N_("confirmed"),
}
"""Verdicts from the gravest to the best, with their names."""

_UNCOUNTED = ("span", "year")
"""Roles that need no confirmation: the years a growth runs over."""
_PLAUSIBLE = ("achieved", "utilisation", "rent", "power", "carbon", "energy", "weights", "spend", "estimates")
"""Rules that only find a number plausible; a published value makes them superfluous."""
_ARITHMETIC = (
    "ratio",
    "product",
    "device-hours",
    "6ND",
    "servers",
    "share",
    "change",
    "work",
    "equation",
    "doubling",
    "growth",
    "rent",
    "sum",
    "mfu",
    "weights",
    "cache",
)
_PUBLISHED = ("published", "slip", "rate and total", "currency", "misattributed")
"""Rules that hold a number against what is published about its subject."""
_PRICES = ("item_price", "token_price")
_NATURE = ("format", "memory kind", "fabric", "nature", "trained on")
"""Premises about what a thing is: what is worked out from them has no right value."""
_OF_DEVICE = ("peak", "sparse", "integer", "aggregate", "published", "slip", "scope")


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and why."""

    verdict: Verdict
    rule: str
    """The line of the table that decided."""
    unverified: tuple[int, ...] = ()
    """Numbers of the claim that nothing confirms."""


@dataclass(frozen=True, slots=True)
class _View:
    claim: Claim
    findings: Sequence[Finding]
    unverified: tuple[int, ...]

    def has(self, *kinds: str) -> bool:
        return any(one.kind in kinds for one in self.findings)


RULES: tuple[tuple[Verdict, str, Callable[[_View], bool]], ...] = (
    ("unit_error", N_("a number is off by a slip of units"), lambda view: view.has("slip")),
    ("false_premise", N_("what the claim rests on is false"), lambda view: view.has("premise")),
    ("rescaled", N_("a number was carried over by a ratio of money"), lambda view: view.has("rescale")),
    (
        "inconsistent",
        N_("a number contradicts another or what is published"),
        lambda view: view.has("contradict"),
    ),
    (
        "not_checkable",
        N_("nothing confirms any of its numbers"),
        lambda view: not view.has("match", "assume"),
    ),
    ("ok_with_assumption", N_("a number holds under an assumption"), lambda view: view.has("assume")),
    ("ok_with_assumption", N_("a number of the claim is not verified"), lambda view: bool(view.unverified)),
    ("ok_with_assumption", N_("the arithmetic of a forecast holds"), lambda view: view.claim.forecast),
    (
        "ok_with_assumption",
        N_("a source of low confidence"),
        lambda view: any(one.kind == "match" and not one.firm for one in view.findings),
    ),
    ("ok", N_("every number is confirmed"), lambda view: True),
)
"""(verdict, reason, condition), read from the top."""


def settled(findings: Sequence[Finding]) -> list[Finding]:
    """Findings without those that a better one makes superfluous."""
    matches = [one for one in findings if one.kind == "match"]
    firm = covered(one for one in matches if one.firm)
    world = covered(one for one in matches if one.rule in ("published", "peak"))
    counted = covered(one for one in matches if one.rule in _ARITHMETIC)
    compared = covered(one for one in matches if one.rule == "ratio")
    # A ratio comes out as well when both numbers have the same wrong unit.
    rated = compared - covered(one for one in matches if one.firm and one.rule != "ratio")
    worked = {
        one.target for one in findings if one.rule in _ARITHMETIC and one.kind in ("slip", "contradict")
    }
    worked |= {one.target for one in findings if one.kind == "rescale"}
    parts = {i for one in findings if one.rule == "sum" for i in one.covers if i != one.target}
    made = {
        one.target
        for one in matches
        if one.rule in ("product", "6ND") and set(one.covers) - {one.target} <= world and len(one.covers) > 1
    }
    parts |= {index for index in made if index is not None}
    unlike = {one.rule for one in findings if one.kind == "premise"} & set(_NATURE)
    six = [set(one.covers) for one in matches if one.rule == "6ND"]
    kept: list[Finding] = []
    for one in findings:
        if unlike and one.kind in ("slip", "contradict") and one.rule in _OF_DEVICE:
            continue  # a device that has no such format, memory or link has no right figure for it either
        if one.kind == "contradict" and one.rule == "product" and any(set(one.covers) <= s for s in six):
            continue
        if (
            one.rule in _PUBLISHED
            and one.kind in ("slip", "premise", "contradict")
            and one.target in worked | parts
        ):
            continue  # what the text works out itself, or a part of a total, is judged by that
        if one.rule == "utilisation" and one.kind == "contradict" and covered_by(one, world):
            kept.append(
                one.model_copy(update={"kind": "imply"})
            )  # a published run is as it was, sparse perhaps
            continue
        known = one.rule == "6ND" and one.target in world
        if (
            one.kind == "assume" and (one.rule in _PLAUSIBLE or known) and (covered_by(one, firm) or known)
        ) or (
            one.kind == "assume"
            and (
                (one.rule == "published" and covered_by(one, counted))
                or (one.rule == "leak" and covered_by(one, compared))
            )
        ):
            kept.append(one.model_copy(update={"kind": "imply"}))
        elif one.kind == "slip" and one.target in firm - rated and one.rule not in (*_ARITHMETIC, "scope"):
            continue
        else:
            kept.append(one)
    return kept


_CARDS = (16, 24, 32, 40, 48, 64, 80, 94, 96, 128, 141, 180, 192, 256, 288)
"""Gigabytes that accelerators have: "an 80 GB card" is a kind of card and no claim."""


def _is_usual(measure: Measure) -> bool:
    """Accelerators in a server, kinds of cards, the rule of twenty tokens, and small numbers of anything."""
    return (
        (measure.role in ("per_server", "ports") and measure.value in (1, 2, 4, 8, 16))
        or (measure.role == "count" and measure.value < 10)
        or (measure.role == "intensity" and not measure.unit and measure.value == 20)
        or (
            measure.role == "memory"
            and measure.per == "device"
            and measure.value in _CARDS
            and not measure.device
        )
    )


def covered(findings: Iterable[Finding]) -> set[int]:
    """The numbers that any of the findings confirms or objects to."""
    return {index for one in findings for index in one.covers}


def covered_by(one: Finding, indexes: set[int]) -> bool:
    """Whether all numbers of a finding are among ``indexes``."""
    return bool(one.covers) and set(one.covers) <= indexes


_GIVEN = re.compile(
    r"(?:按照?|以|若|假设|假定|如果?|设|就按|(?<![a-z])(?:at|assum\w+|with|given|taking|if|say|using|suppos\w+))[^,。;\d$¥]{0,28}[$¥]?$",
    re.IGNORECASE,
)
"""Words in front of a number that the text takes as given: it need not be confirmed for what follows from it."""
_ASSUMABLE = (
    "unit_price",
    "item_price",
    "token_price",
    "power",
    "pue",
    "intensity",
    "bytes_each",
    "mfu",
    "per_server",
)


def is_given(claim: Claim, measure: Measure) -> bool:
    """Whether the text assumes a number and does not say that it is so."""
    before = claim.text[max(0, measure.start - 34) : measure.start]
    return measure.role in _ASSUMABLE and bool(_GIVEN.search(before))


def decide(claim: Claim, findings: Sequence[Finding]) -> Decision:
    """The verdict of one claim."""
    confirmed = covered(one for one in findings if one.kind in ("match", "assume"))
    backed = covered(
        one for one in findings if one.kind in ("match", "assume", "imply") and one.rule not in _ARITHMETIC
    )
    cached = covered(one for one in findings if one.kind == "match" and one.rule == "cache")
    served = claim.first("token_price") is not None
    results = {one.target for one in findings if one.kind == "match" and one.rule in _ARITHMETIC}
    # What a product starts from is not confirmed by it when it says something about the world.
    confirmed -= {
        index
        for index, measure in enumerate(claim.measures)
        if index not in backed | results
        and not is_given(claim, measure)
        and not (measure.role in ("pue", "bytes_each") or measure.unit == "kg/kWh")
        and "port" not in measure.scope
        and not (measure.role in ("context", "tokens", "count") and (index in cached or served))
        and (measure.subject or (measure.role in _PRICES and measure.device))
    }
    unverified = tuple(
        index
        for index, measure in enumerate(claim.measures)
        if index not in confirmed and measure.role not in _UNCOUNTED and not _is_usual(measure)
    )
    view = _View(claim, findings, unverified)
    for verdict, reason, applies in RULES:
        if applies(view):
            return Decision(verdict, reason, unverified)
    raise AssertionError("the last rule always applies")


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The gravest of several verdicts; not checkable when there are none."""
    order: list[Verdict] = list(VERDICTS)
    return min(verdicts, key=order.index) if verdicts else "not_checkable"
