"""The typed things in a question: quantities, code, and what the tools' own finders know."""

from __future__ import annotations

__all__ = ["SURE", "Entity", "EntityFinder", "Reading", "run_finder"]

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tieout.contract.slots import Candidate, Finder
from tieout.contract.tools import Parameter, Tool
from tieout.models.offline.codeblocks import CodeSpan, find_code
from tieout.quantities import DEFAULT, Quantity, UnitMismatch, find
from tieout.text import fold

SURE = 0.5
"""Least score of a finder's candidate that is more than a guess."""

_LINK_CHARS = 32
_LINKS = re.compile(
    r"(?:[\s=:：~≈@()（）]|约|为|是|就|按|取|算|设|大概|大约|估计|假设|假定|控制在|在"
    r"|\b(?:of|at|is|was|be|should|would|will|can|about|around|roughly|approximately|approx|some|assumed|assuming|say"
    r"|to|as|equals?|the|an?|set|stays?|near)\b)+$"
)
"""What may stand between a value and the word that names it: "MFU should be around 0.40", "利用率就按四成"."""

_MOST = 48
"""Quantities, and candidates of one finder, that are looked at: matching them with arguments is quadratic."""

MASK = "\ue000"
"""Stands for a typed thing in a masked text: private use, so no text of a user's contains it."""


@dataclass(frozen=True)
class Entity:
    """One typed thing at ``start:end``; ``label`` is its class (``q:token``, ``device``, ``code``)."""

    label: str
    start: int
    end: int
    weight: float = 1.0
    """How much it says about which tool is meant: a bare number little, a quantity with its unit a lot."""


@dataclass(frozen=True)
class Reading:
    """A question and everything typed in it. Spans are offsets in ``text``."""

    text: str
    quantities: tuple[Quantity, ...]
    candidates: Mapping[Finder, tuple[Candidate, ...]]
    """Finder to what it found, without overlap, in order of appearance."""
    code: CodeSpan | None
    prose: str
    """The text with spaces in the place of code; offsets stay the same."""
    entities: tuple[Entity, ...]
    """Without overlap, in order."""
    masked: str
    """Folded text with one :data:`MASK` for each entity."""


class EntityFinder:
    """Runs every finder of a set of tools over a text, each once."""

    def __init__(self, tools: Iterable[Tool[..., Any]]) -> None:
        self._labels: dict[Finder, str] = {}
        self._cues: dict[str, set[str]] = {}
        self._worded: set[str] = set()
        for tool in tools:
            for parameter in tool.parameters:
                self._take_cues(parameter)
                if parameter.slot is not None and parameter.slot.kind == "enum":
                    self._worded.add(finder_class(parameter))
                if parameter.slot is not None and parameter.slot.find is not None:
                    self._labels.setdefault(parameter.slot.find, finder_class(parameter))

    def _take_cues(self, parameter: Parameter) -> None:
        """Words that name a value ("MFU"), by the class of the values they can stand beside."""
        slot = parameter.slot
        if slot is None or slot.kind not in ("quantity", "ratio"):
            return
        try:
            label = f"q:{DEFAULT.get(slot.unit).dimension.split(':')[0]}" if slot.unit else "q:number"
        except UnitMismatch:  # a unit of the plugin's own: its values are not told apart by dimension
            return
        words = {word.lower() for word in (parameter.name.replace("_", " "), *slot.cues) if len(word) > 1}
        self._cues.setdefault(label, set()).update(words)

    def _with_names(self, text: str, entity: Entity) -> Entity:
        """The entity with the word that names it: who writes "MFU 40%" gives the MFU and does not ask for it."""
        ordered = sorted(self._cues.get(entity.label, ()), key=len, reverse=True)
        before, after = text[: entity.start].lower(), text[entity.end :].lower()
        start = entity.start
        while (lead := _linked(before, start)) and (
            word := next((w for w in ordered if lead.endswith(w)), "")
        ):
            start = len(lead) - len(word)  # and once more: 利用率(MFU)就按四成
        if start < entity.start:
            return replace(entity, start=start)
        trail = after.lstrip()
        for word in ordered:
            if trail.startswith(word) and len(after) - len(trail) <= 1:
                return replace(entity, end=entity.end + len(after) - len(trail) + len(word))
        return entity

    def read(self, text: str) -> Reading:
        """Find everything typed in ``text``."""
        code = find_code(text)
        prose = _without_code(text, code)
        found = {finder: run_finder(finder, prose) for finder in self._labels}
        found = {finder: candidates[:_MOST] for finder, candidates in found.items()}
        # A number (四成), or a list of them, is no name: it is read as quantities, whatever else it may be used for.
        numbers = find(prose)
        spans = {(q.start, q.end) for q in numbers}
        names = {
            f: tuple(c for c in held if not c.text[:1].isdigit() and (c.start, c.end) not in spans)
            for f, held in found.items()
        }
        named = [c for candidates in names.values() for c in candidates if c.score >= SURE]
        quantities = tuple(_counted(q, prose, named) for q in numbers if not _inside(q, named))[:_MOST]
        entities = _entities(code, [(self._labels[f], c) for f, c in names.items()], quantities)
        # A choice ("training", "which MFU") is told by words that also say what is asked, so they stay readable.
        hidden = [self._with_names(prose, entity) for entity in entities if entity.label not in self._worded]
        masked = _masked(prose, hidden)
        return Reading(text, quantities, found, code, prose, entities, masked)


def _linked(text: str, end: int) -> str:
    """``text`` up to ``end``, without the words that tie a value to the one that names it."""
    near = text[max(0, end - _LINK_CHARS) : end]
    return text[: end - len(near)] + _LINKS.sub("", near)


def finder_class(parameter: Parameter) -> str:
    """The class of what a parameter's finder finds: its kind, or its own name where the kind says little."""
    assert parameter.slot is not None
    return parameter.slot.kind if parameter.slot.kind not in ("text", "enum") else parameter.name


def run_finder(finder: Finder, text: str) -> tuple[Candidate, ...]:
    """What a finder finds, the best of overlapping candidates only, in order; nothing when it raises."""
    try:
        found = finder(text)
    except Exception:  # a finder that breaks its promise costs its own candidates only
        return ()
    chosen: list[Candidate] = []
    for candidate in sorted(found, key=lambda c: (-c.score, c.start - c.end, c.start)):
        if candidate.end > candidate.start and not any(_overlap(candidate, other) for other in chosen):
            chosen.append(candidate)
    return tuple(sorted(chosen, key=lambda c: c.start))


def _overlap(a: Candidate | Quantity | Entity, b: Candidate | Quantity | Entity) -> bool:
    return a.start < b.end and b.start < a.end


def _inside(quantity: Quantity, candidates: Iterable[Candidate]) -> bool:
    """Whether a quantity is part of a name (the 70B of Llama 3 70B, the digits of a code)."""
    return any(c.start <= quantity.start and quantity.end <= c.end for c in candidates)


def _counted(quantity: Quantity, text: str, named: Iterable[Candidate]) -> Quantity:
    """``2,048 H800s``: a bare number right before a device counts devices."""
    if quantity.unit or quantity.kind != "number" or quantity.value < 1:
        return quantity
    gap = next((text[quantity.end : c.start] for c in named if 0 <= c.start - quantity.end <= 4), None)
    devices = gap is not None and gap.strip(" \t×xX*张块片颗个枚台").strip() == ""
    return replace(quantity, unit="GPU", dimension="gpu") if devices and quantity.value < 1e7 else quantity


def _without_code(text: str, code: CodeSpan | None) -> str:
    """The text with spaces for code, so that nothing is read out of a program."""
    return text if code is None else text[: code.start] + " " * (code.end - code.start) + text[code.end :]


def _entities(
    code: CodeSpan | None,
    found: Iterable[tuple[str, tuple[Candidate, ...]]],
    quantities: Iterable[Quantity],
) -> tuple[Entity, ...]:
    entities = [Entity("code", code.start, code.end, 1.5)] if code else []
    for label, candidates in found:
        entities += [
            Entity(label, c.start, c.end, 0.4 + 0.6 * c.score) for c in candidates if c.score >= SURE
        ]
    entities += [_of_quantity(q) for q in quantities if q.kind != "label"]
    chosen: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start - e.end, e.start)):
        if not any(_overlap(entity, other) for other in chosen):
            chosen.append(entity)
    return tuple(sorted(chosen, key=lambda e: e.start))


def _of_quantity(quantity: Quantity) -> Entity:
    if quantity.kind in ("date", "period", "ordinal"):
        return Entity(f"q:{quantity.kind}", quantity.start, quantity.end, 0.2)
    if quantity.unit:
        return Entity(f"q:{quantity.dimension.split(':')[0]}", quantity.start, quantity.end)
    large = quantity.value >= 1e6
    return Entity("q:large" if large else "q:number", quantity.start, quantity.end, 0.8 if large else 0.3)


def _masked(text: str, entities: Sequence[Entity]) -> str:
    pieces: list[str] = []
    at = 0
    for entity in entities:
        pieces += [text[at : entity.start], MASK]
        at = max(at, entity.end)
    return fold("".join([*pieces, text[at:]])).text
