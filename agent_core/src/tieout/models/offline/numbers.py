"""Which number of a question belongs to which argument: units first, then the words near it, then its size."""

from __future__ import annotations

__all__ = ["NumberSlot", "assign_numbers", "number_slots"]

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from tieout.contract.slots import Slot
from tieout.contract.tools import Parameter, Tool
from tieout.quantities import DEFAULT, Quantity, Unit, UnitMismatch, convert, find

_ACCEPT = 1.0
"""Least score of a pair: a unit alone gives 3, a bare number of the example's size 1.2 and more, a cue beside it 2."""
_ACCEPT_ASKED = 0.05
_NEAR = ((2, 2.0), (6, 1.4), (12, 0.9), (24, 0.4))
_STOPS = {
    "。": 12,
    "；": 12,
    ";": 12,
    "?": 12,
    "？": 12,
    "!": 12,
    "！": 12,
    "\n": 12,
    "，": 4,
    ",": 4,
    "、": 4,
}


@dataclass(frozen=True)
class NumberSlot:
    """An argument that takes a number. ``only_named``: taken only where the argument is named beside it."""

    name: str
    unit: str
    ratio: bool
    cues: tuple[str, ...]
    example: Quantity | None
    only_named: bool = False
    whole: bool = False


def number_slots(tool: Tool[..., Any]) -> list[NumberSlot]:
    """The numeric arguments of a tool, those without a slot included."""
    found: list[NumberSlot] = []
    for parameter in tool.parameters:
        slot = parameter.slot
        if slot is not None and slot.kind in ("quantity", "ratio") and slot.find is None:
            found.append(_declared(parameter, slot))
        elif slot is None and _numeric(parameter.annotation):
            words = parameter.name.replace("_", " ")
            cues = (words, words.removesuffix("s"), parameter.name)
            found.append(
                NumberSlot(parameter.name, "", False, cues, None, True, _whole(parameter.annotation))
            )
    return found


def assign_numbers(
    text: str, quantities: Sequence[Quantity], slots: Sequence[NumberSlot], *, asked: bool = False
) -> dict[str, tuple[float, Quantity]]:
    """Argument name to its value in the slot's unit and the quantity it was read from; each quantity serves once.

    ``asked``: the user was just asked for these arguments, so a bare number will do.
    """
    accept = _ACCEPT_ASKED if asked else _ACCEPT
    usable = [q for q in quantities if q.kind not in ("date", "period", "label")]
    pairs: list[tuple[float, int, int]] = []
    values: dict[tuple[int, int], float] = {}
    units = [slot.unit for slot in slots]
    for order, slot in enumerate(slots):
        cues = _cue_scores(text, usable, slot.cues)
        for index, quantity in enumerate(usable):
            later = slot.unit in units[:order]
            rated = _rate(quantity, slot, cues.get(index, 0.0), later=later, asked=asked)
            if rated is not None and rated[0] >= accept:
                pairs.append((rated[0], order, index))
                values[order, index] = rated[1]
    taken: dict[str, tuple[float, Quantity]] = {}
    used: set[int] = set()
    for _score, order, index in sorted(pairs, key=lambda pair: (-round(pair[0], 3), pair[1], pair[2])):
        slot = slots[order]
        if slot.name not in taken and index not in used:
            taken[slot.name] = (values[order, index], usable[index])
            used.add(index)
    return taken


def _declared(parameter: Parameter, slot: Slot) -> NumberSlot:
    example = next(iter(find(slot.example)), None) if slot.example else None
    return NumberSlot(
        parameter.name,
        slot.unit,
        slot.kind == "ratio",
        slot.cues,
        example,
        whole=_whole(parameter.annotation),
    )


def _numeric(annotation: Any) -> bool:
    return annotation in (int, float) or any(inner in (int, float) for inner in get_args(annotation))


def _whole(annotation: Any) -> bool:
    kinds = {annotation, *get_args(annotation)}
    kinds |= {inner for kind in kinds for inner in get_args(kind)}
    return int in kinds and float not in kinds


def _rate(
    quantity: Quantity, slot: NumberSlot, cue: float, *, later: bool, asked: bool
) -> tuple[float, float] | None:
    """How well a quantity fits an argument, and its value there; ``None`` when it cannot be meant.

    ``later``: an earlier argument has the same unit, so without a cue that one is meant.
    """
    if slot.ratio:
        return _rate_ratio(quantity, slot, cue)
    if slot.only_named:
        return (cue, quantity.value) if cue >= 1.4 and quantity.unit in ("", "GPU") else None
    unit = _unit(slot.unit)
    if quantity.kind == "ordinal":
        return None
    if unit is None or not slot.unit:
        return (
            (cue + _size(quantity, quantity.value, slot), quantity.value)
            if quantity.unit == "" and cue
            else None
        )
    if _stated(quantity):
        return _rate_stated(quantity, unit, slot, cue)
    if not cue and not asked and (later or not _scaled(quantity)):
        return None
    return 0.6 + cue + _size(quantity, quantity.value, slot), quantity.value


def _rate_stated(quantity: Quantity, unit: Unit, slot: NumberSlot, cue: float) -> tuple[float, float] | None:
    try:
        value = convert(quantity.value, quantity.unit, slot.unit)
    except UnitMismatch:
        # "每卡时 1.5 美元": the price is written, the hour is a cue.
        per = unit.dimension.partition("/")[0]
        if cue and "/" in unit.dimension and quantity.dimension == per:
            return 0.6 + cue, quantity.value
        return None
    return 3.0 + cue + 0.5 * _size(quantity, value, slot), value


def _rate_ratio(quantity: Quantity, slot: NumberSlot, cue: float) -> tuple[float, float] | None:
    if quantity.unit in ("%", "‰", "ratio"):
        return 2.0 + cue, convert(quantity.value, quantity.unit, slot.unit or "ratio")
    if quantity.unit or quantity.kind != "number":
        return None
    percent = slot.unit == "%"
    if 0 < quantity.value < 1:
        return 0.6 + cue, quantity.value * (100 if percent else 1)
    if cue >= 1.4 and 1 < quantity.value <= 100:
        return cue, quantity.value if percent else quantity.value / 100
    return None


def _scaled(quantity: Quantity) -> bool:
    """Whether a bare number is written as a size (70B, 15 万亿, 7,000,000) rather than a plain count."""
    return abs(quantity.value) >= 1e6 or bool(_suffix(quantity.text)) or "万" in quantity.text


def _stated(quantity: Quantity) -> bool:
    """Whether the unit stands with the number, rather than being shared from a list or guessed from what is near."""
    if quantity.dimension == "gpu":
        return True
    bare = re.fullmatch(r"[\d.,\s]+[KMBTkmbt]?|[\d.,\s]*[十百千万亿兆一二三四五六七八九两\s]+", quantity.text)
    return bool(quantity.unit) and not bare


def _size(quantity: Quantity, value: float, slot: NumberSlot) -> float:
    """How near the value is to the slot's example, in orders of magnitude; the same suffix letter helps."""
    if slot.example is None or slot.example.value <= 0 or value <= 0:
        return 0.0
    apart = abs(math.log10(value / slot.example.value))
    score = 0.6 if apart <= 1.2 else 0.3 if apart <= 2.0 else 0.0 if apart <= 3.0 else -0.5
    return score + (
        0.3 if _suffix(quantity.text) and _suffix(quantity.text) == _suffix(slot.example.text) else 0.0
    )


def _suffix(text: str) -> str:
    found = re.match(r"[\d.,]+\s?([KMBT])(?![a-z])", text)
    return found[1] if found else ""


def _unit(symbol: str) -> Unit | None:
    try:
        return DEFAULT.get(symbol)
    except UnitMismatch:
        return None


def _cue_scores(text: str, quantities: Sequence[Quantity], cues: Iterable[str]) -> dict[int, float]:
    """Index of a quantity to the weight of the nearest cue that is nearer to it than to any other quantity."""
    scores: dict[int, float] = {}
    for cue in cues:
        for match in _cue_pattern(cue).finditer(text):
            gaps = [(_gap(text, match.start(), match.end(), q), i) for i, q in enumerate(quantities)]
            if not gaps:
                continue
            gap, index = min(gaps)
            score = next((value for limit, value in _NEAR if gap <= limit), 0.0)
            scores[index] = max(scores.get(index, 0.0), score)
    return scores


@cache
def _cue_pattern(cue: str) -> re.Pattern[str]:
    left = r"(?<![A-Za-z])" if cue[:1].isascii() and cue[:1].isalpha() else ""
    right = r"(?![A-Za-z])" if cue[-1:].isascii() and cue[-1:].isalpha() else ""
    return re.compile(f"{left}{re.escape(cue)}{right}", re.IGNORECASE)


def _gap(text: str, start: int, end: int, quantity: Quantity) -> int:
    """Characters between a cue and a quantity; punctuation between them counts as more."""
    if quantity.start < end and start < quantity.end:
        return 0
    between = text[quantity.end : start] if quantity.end <= start else text[end : quantity.start]
    return len(between) + sum(_STOPS.get(character, 0) for character in between)
