"""Readings that somebody proposes, a chat model above all: "640P = rate of the cluster". They only help to read.

A proposal says what a number of the text is. It cannot bring a number: what it quotes has to stand in the text and be
read there, its role has to fit the unit, its subject has to be named in the text and known. What the rules then make of
it is theirs, and a claim that is confirmed through a proposed reading is true under that reading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

from tieout.plugin import translator
from tieout.text import clean_line, fold
from tieout_compute_estimator.claims.checking import CheckedClaim
from tieout_compute_estimator.claims.frames import Claim, Measure, Role
from tieout_compute_estimator.claims.naming import name_finder
from tieout_compute_estimator.claims.segments import Segmented

__all__ = ["MOST_PROPOSALS", "Proposal", "Taken", "apply_proposals", "read_proposal", "under_proposals"]

_ = translator("tieout_compute_estimator")

MOST_PROPOSALS: Final = 40
_FORM: Final = re.compile(
    r"^\s*(?P<quantity>.+?)\s*(?:=|:=)\s*(?P<role>[a-z_]+)(?:\s+of\s+(?P<subject>.+?))?\s*$", re.DOTALL
)
_BY_DIMENSION: Final[dict[str, tuple[Role, ...]]] = {
    "time": ("duration", "span", "doubling"),
    "gpu time": ("gpu_hours",),
    "compute": ("compute",),
    "compute/time": ("rate",),
    "power": ("power",),
    "energy": ("energy",),
    "information": ("memory", "dataset", "weights", "cache", "bytes_each"),
    "information/time": ("link", "bandwidth", "memory_bandwidth"),
    "token": ("tokens", "context", "vocabulary"),
    "parameter": ("params", "active_params"),
    "gpu": ("devices", "per_server"),
    "server": ("servers",),
    "mass": ("carbon",),
    "money": ("cost", "unit_price", "item_price", "token_price", "money", "energy_price"),
    "number": (
        "devices", "servers", "per_server", "params", "active_params", "tokens", "context", "vocabulary", "layers",
        "experts", "heads", "kv_heads", "head_dim", "ports", "multiple", "growth", "share", "percent", "mfu", "goodput",
        "visits", "users", "pages", "load", "pue", "words", "cpu_cores",
    ),
}  # fmt: skip
"""Dimension of a number to the roles that it can have; a proposal cannot make a number one that says nothing."""
_UNITS: Final[dict[Role, tuple[str, str]]] = {
    "devices": ("GPU", "gpu"),
    "servers": ("server", "server"),
    "params": ("parameter", "parameter"),
    "active_params": ("parameter", "parameter"),
    "tokens": ("token", "token"),
    "context": ("token", "token"),
}
"""Unit and dimension that a bare number gets with a role."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a number of the text is said to be."""

    quantity: str
    """As the text writes it."""
    role: Role
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the proposals."""

    by_claim: dict[int, tuple[str, ...]]
    """Index of a claim to the readings that it took over, in words."""
    refused: tuple[str, ...]
    """Why others were not."""


def read_proposal(text: str) -> Proposal | None:
    """``QUANTITY = ROLE`` or ``QUANTITY = ROLE of SUBJECT``; ``None`` when it is neither."""
    found = _FORM.match(text[:400])
    role = next((role for role in get_args(Role) if found and role == found["role"]), None)
    if found is None or role is None:
        return None
    return Proposal(found["quantity"], role, (found["subject"] or "").strip())


def apply_proposals(parts: Sequence[Segmented], texts: Sequence[str]) -> Taken:
    """Give numbers the roles and subjects that are proposed for them, where text and unit allow it."""
    taken: dict[int, list[str]] = {}
    refused: list[str] = []
    for text in texts[:MOST_PROPOSALS]:
        shown = clean_line(text, limit=100)
        proposal = read_proposal(text)
        if proposal is None:
            refused.append(_("“{proposal}” is not of the form QUANTITY = ROLE of SUBJECT.", proposal=shown))
            continue
        places = [
            (index, part.claim) for index, part in enumerate(parts) if _at(part.claim, proposal) is not None
        ]
        if not places:
            refused.append(
                _("“{quantity}” is no number of the text.", quantity=clean_line(proposal.quantity, limit=60))
            )
            continue
        index, claim = places[0]
        problem = _take(claim, proposal)
        if problem:
            refused.append(problem)
        else:
            taken.setdefault(index, []).append(shown)
    return Taken({index: tuple(found) for index, found in taken.items()}, tuple(refused))


def under_proposals(claim: CheckedClaim, readings: Sequence[str]) -> CheckedClaim:
    """A claim that was judged with proposed readings: what they confirm holds under them."""
    if claim.verdict not in ("ok", "ok_with_assumption"):
        return claim
    assumption = _("the text is read as proposed: {readings}", readings="; ".join(readings))
    return claim.model_copy(
        update={"verdict": "ok_with_assumption", "assumptions": (*claim.assumptions, assumption)}
    )


def _at(claim: Claim, proposal: Proposal) -> int | None:
    """Which of the claim's numbers stands in the quoted words."""
    quoted = _squeezed(proposal.quantity)
    for index, measure in enumerate(claim.measures):
        own = fold(measure.text.strip()).text
        rest = own.removeprefix(fold(proposal.quantity.strip()).text)
        if rest != own and not re.match(r"[a-z0-9.,]", rest):
            return index  # the number alone, without its unit
        reach = len(proposal.quantity)
        beside = _squeezed(claim.text[max(0, measure.start - reach) : measure.end + reach])
        if _squeezed(measure.text) in quoted and quoted in beside:
            return index
    return None


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", fold(text).text)


def _take(claim: Claim, proposal: Proposal) -> str:
    """Change the number; returns why that cannot be, or nothing."""
    index = _at(claim, proposal)
    assert index is not None
    measure = claim.measures[index]
    if not _fits(measure, proposal.role):
        return _(
            "“{quantity}” cannot be {role}: its unit says otherwise.",
            quantity=clean_line(measure.text, limit=60),
            role=proposal.role,
        )
    subject = measure.subject
    if proposal.subject:
        named = name_finder().find(proposal.subject)
        there = {mention.name for mention in claim.mentions}
        if not named or named[0].name not in there:
            return _(
                "“{subject}” is not named in the text, or not known.",
                subject=clean_line(proposal.subject, limit=60),
            )
        subject = named[0].name
    unit, dimension = measure.unit, measure.dimension
    if _is_bare(measure):
        unit, dimension = _UNITS.get(proposal.role, ("", "number"))
    claim.measures[index] = replace(
        measure, role=proposal.role, subject=subject, unit=unit, dimension=dimension
    )
    return ""


def _fits(measure: Measure, role: Role) -> bool:
    dimension = "number" if _is_bare(measure) else measure.dimension.partition(":")[0]
    return role == measure.role or role in _BY_DIMENSION.get(dimension, ())


def _is_bare(measure: Measure) -> bool:
    """Whether the number is written without a unit, whatever it was taken to share with its neighbours."""
    return re.fullmatch(r"[\d.,\s]+[KMBTkmbt]?|[\d.,\s]*[十百千万亿兆\s]+", measure.text.strip()) is not None
