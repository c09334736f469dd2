"""Filling a tool's arguments from a question, without a language model."""

from __future__ import annotations

__all__ = ["Filling", "fill", "is_search"]

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from tieout.contract.slots import Candidate, Finder
from tieout.contract.tools import Parameter, Tool
from tieout.models.offline.codeblocks import find_language
from tieout.models.offline.entities import SURE, Reading, run_finder
from tieout.models.offline.numbers import assign_numbers, number_slots
from tieout.models.offline.query import search_query

Find = Callable[[str, str], Sequence[Candidate]]
"""``find(kind, text)``: every finder of the host."""

_NAMED_KINDS = ("device", "ticker", "window", "enum")
_POINTING = re.compile(
    r"[这那哪某该它其此]|(?:this|that|the|my|your|our|it|its|these|those|which|what)\b", re.IGNORECASE
)
_EVERYDAY = frozenset((
    "all", "any", "auto", "best", "both", "default", "exact", "fast", "full", "general", "high", "low", "max", "min",
    "no", "none", "normal", "off", "on", "open", "other", "selective", "simple", "total", "yes",
))  # fmt: skip
_BESIDE = 12
"""Characters between a choice and the name of its argument."""
_MOST_CALLS = 3
"""Calls of one tool for a question that names several things ("A800 and A100")."""


@dataclass
class Filling:
    """What a question gives for a tool: arguments, what is missing, and which characters were used."""

    tool: Tool[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    missing: list[Parameter] = field(default_factory=list[Parameter])
    spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    others: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """Further values of an argument, when the question names several."""

    def calls(self) -> list[dict[str, Any]]:
        """The arguments of each call to make."""
        more = [{**self.arguments, name: value} for name, values in self.others.items() for value in values]
        return [self.arguments, *more[: _MOST_CALLS - 1]]


def fill(
    tool: Tool[..., Any], reading: Reading, find: Find, *, wanted: frozenset[str] = frozenset()
) -> Filling:
    """Fill what can be filled. ``wanted`` are arguments that were asked for: weaker signs do for them."""
    filling = Filling(tool)
    slots = number_slots(tool)
    chosen = assign_numbers(reading.prose, reading.quantities, slots)
    asked = [slot for slot in slots if slot.name in wanted - chosen.keys()]
    if asked:
        used = [quantity for _value, quantity in chosen.values()]
        left = [quantity for quantity in reading.quantities if quantity not in used]
        chosen |= assign_numbers(reading.prose, left, asked, asked=True)
    for slot in slots:
        if slot.name in chosen:
            value, quantity = chosen[slot.name]
            filling.arguments[slot.name] = round(value) if slot.whole else value
            filling.spans.append((quantity.start, quantity.end))
    _fill_names(filling, reading, find)
    for parameter in tool.parameters:
        if parameter.name not in filling.arguments:
            _fill_other(filling, parameter, reading)
    _validate(filling)
    return filling


def is_search(tool: Tool[..., Any]) -> bool:
    """Whether the tool takes the user's words as they are: a required text argument that nothing can find."""
    return any(p.required and _free_text(p) for p in tool.parameters)


def _free_text(parameter: Parameter) -> bool:
    slot = parameter.slot
    if slot is None:
        return parameter.annotation is str
    return slot.kind == "text" and slot.find is None and _shape(slot.example) == "free"


def _fill_names(filling: Filling, reading: Reading, find: Find) -> None:
    """Arguments whose values a finder knows; those with a cue beside them choose first."""
    open_slots: list[tuple[Parameter, list[Candidate], bool]] = []
    names: list[tuple[int, int]] = []  # a name may stand inside a number: 6.4M H100 hours
    for parameter in filling.tool.parameters:
        candidates = _candidates(parameter, reading, find)
        if candidates:
            cued = not parameter.required and any(_cued(parameter, reading.text, c) for c in candidates)
            open_slots.append((parameter, candidates, cued))
    for parameter, candidates, cued in sorted(
        open_slots, key=lambda item: (not item[2], not item[0].required)
    ):
        free = [c for c in candidates if not any(c.start < end and start < c.end for start, end in names)]
        if parameter.slot is not None and parameter.slot.kind in ("enum", "window"):
            # The words that name a format or a window may be part of something else.
            free = free or candidates
        if not free:
            continue
        best = max(free, key=lambda c: (cued and _cued(parameter, reading.text, c), c.score, -c.start))
        filling.arguments[parameter.name] = best.value
        names.append((best.start, best.end))
        if not cued and not filling.others:
            more = {c.value: c for c in free if c.value != best.value and c.score >= best.score - 0.06}
            names += [(c.start, c.end) for c in free if c.value in more]
            _place_others(filling, parameter, more)
    filling.spans += names


def _place_others(filling: Filling, parameter: Parameter, more: dict[str | float, Candidate]) -> None:
    """Further names: one for an optional argument of the same kind (a benchmark), else a call of their own each."""
    for other in filling.tool.parameters:
        finder = other.slot.find if other.slot else None
        same = other.slot and parameter.slot and other.slot.kind == parameter.slot.kind
        if other.required or finder is None or not same or other.name in filling.arguments:
            continue
        for value, candidate in list(more.items()):
            if any(found.score >= SURE for found in finder(candidate.text)):
                filling.arguments[other.name] = value
                del more[value]
                break
    if more:
        filling.others[parameter.name] = list(more)


def _candidates(parameter: Parameter, reading: Reading, find: Find) -> list[Candidate]:
    slot = parameter.slot
    if slot is None or slot.kind == "code":
        return []
    if slot.find is not None:
        found = list(reading.candidates.get(slot.find, ()))
    else:
        found = list(find(slot.kind, reading.prose)) if slot.kind in _NAMED_KINDS else []
    if not parameter.required:
        return [c for c in found if c.score >= SURE]
    if slot.find is not None:
        alone = _found_alone(slot.find, reading.prose)
        sure = [c for c in found if c.score >= SURE]
        alone = [c for c in alone if not any(c.start < other.end and other.start < c.end for other in sure)]
        found = [*sure, *alone] or found
    # A guess serves where a value is needed, unless it only points ("this share").
    return [c for c in found if c.score >= SURE or not _POINTING.match(c.text)]


def _found_alone(find: Finder, text: str) -> list[Candidate]:
    """What a finder makes of single words: in running text it may leave a bare code alone, as in a table."""
    found: list[Candidate] = []
    for word in _names().finditer(text):
        group = next(index for index, value in enumerate(word.groups(), start=1) if value)
        candidate = next((c for c in run_finder(find, word[group]) if c.score >= SURE), None)
        if candidate is not None:
            start = word.start(group) + candidate.start
            found.append(replace(candidate, start=start, end=start + candidate.end - candidate.start))
    return found


@cache
def _names() -> re.Pattern[str]:
    """Words that can be a code or a symbol: with a digit, in capitals, or in quotation marks."""
    quoted = r"“([^”\n]{1,40})”|\"([^\"\n]{1,40})\"|「([^」\n]{1,40})」|《([^》\n]{1,40})》"
    coded = r"(?<![A-Za-z0-9.])([A-Za-z0-9.-]*\d[A-Za-z0-9.-]*[A-Za-z0-9]|[A-Z]{2,6})(?![A-Za-z0-9])"
    return re.compile(f"{quoted}|{coded}")


def _cued(parameter: Parameter, text: str, candidate: Candidate) -> bool:
    """Whether a cue of the argument stands close before or after the candidate."""
    assert parameter.slot is not None
    near = f"{text[max(0, candidate.start - 12) : candidate.start]}\n{text[candidate.end : candidate.end + 6]}".lower()
    return any(cue.lower() in near for cue in parameter.slot.cues)


def _fill_other(filling: Filling, parameter: Parameter, reading: Reading) -> None:
    kind = parameter.slot.kind if parameter.slot else ""
    value: object = None
    if kind == "code" and reading.code is not None:
        value = reading.code.code
        filling.spans.append((reading.code.start, reading.code.end))
    elif choices := _choices(parameter.annotation):
        value = (
            _named_language(choices, reading)
            if kind == "language"
            else _choice(choices, parameter, filling, reading)
        )
    elif kind == "language":
        value = (reading.code.language if reading.code else "") or find_language(reading.prose)
    elif kind == "window":
        value = next(
            (q.text for q in reading.quantities if q.dimension == "time" or q.kind == "period"), None
        )
    elif kind == "ticker" and parameter.required:
        value = _quoted(reading.prose) or _capitalised(reading.prose)
    elif parameter.required and _takes_text(parameter):
        value = _text(parameter, reading)
    if value:
        filling.arguments[parameter.name] = value
    elif parameter.required:
        filling.missing.append(parameter)


def _takes_text(parameter: Parameter) -> bool:
    if parameter.slot is None:
        return parameter.annotation is str
    return parameter.slot.kind == "text" and parameter.slot.find is None


def _text(parameter: Parameter, reading: Reading) -> str | None:
    example = parameter.slot.example if parameter.slot else ""
    match _shape(example):
        case "path":
            rooted, drive, named = (
                r"(?<![\w/])(?:~|\.{1,2})?/[^\s,;,。;?？]+",
                r"[A-Za-z]:\\\S+",
                r"[\w.-]+\.[A-Za-z]{2,4}(?!\w)",
            )
            found = re.search(f"{rooted}|{drive}|{named}", reading.prose)
            return found[0] if found else _quoted(reading.prose)
        case "identifier":
            found = re.search(r"(?<![\w.])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)+(?![\w.])", reading.prose)
            return _quoted(reading.prose) or (found[0] if found else None)
        case _:
            return search_query(reading.prose)


def _shape(example: str) -> Literal["path", "identifier", "free"]:
    if re.match(r"(?:~|\.{0,2})/|\w:\\", example) or re.fullmatch(r"[\w-]+\.[a-z]{2,4}", example):
        return "path"
    return "identifier" if re.fullmatch(r"\w+(?:[_-]\w+)+", example, re.ASCII) else "free"


def _quoted(text: str) -> str | None:
    found = re.search(r"“([^”]{1,80})”|\"([^\"]{1,80})\"|「([^」]{1,80})」|《([^》]{1,80})》", text)
    return next(filter(None, found.groups())) if found else None


def _capitalised(text: str) -> str | None:
    """A name in Latin letters: capitalised words that do not begin the sentence."""
    found = re.search(r"(?<=[^\s.?!。？！] )(?:[A-Z][A-Za-z&.-]+)(?: [A-Z][A-Za-z&.-]+){0,3}", text)
    return found[0].rstrip(".") if found else None


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [value for value in get_args(annotation) if isinstance(value, str)]
    return [value for inner in get_args(annotation) for value in _choices(inner)]


def _named_language(choices: Sequence[str], reading: Reading) -> str | None:
    named = (reading.code.language if reading.code else "") or find_language(reading.prose)
    return named if named in choices else None


def _choice(choices: Sequence[str], parameter: Parameter, filling: Filling, reading: Reading) -> str | None:
    """The choice that is written, if not as part of a name (PaLM 540B).

    A word that says nothing by itself ("full", "none") is a choice only beside the name of its argument, as a bare
    number is.
    """
    for choice in choices:
        spelled = re.escape(choice).replace("_", "[ _-]?").replace(r"\-", "[ _-]?")
        for hit in re.finditer(rf"(?<![A-Za-z0-9]){spelled}(?![A-Za-z0-9])", reading.prose, re.IGNORECASE):
            if any(start < hit.end() and hit.start() < end for start, end in filling.spans):
                continue
            if choice.lower() not in _EVERYDAY or _is_named(parameter, reading.prose, hit.start(), hit.end()):
                return choice
    return None


def _is_named(parameter: Parameter, text: str, start: int, end: int) -> bool:
    name = re.escape(parameter.name).replace("_", "[ _-]?")
    near = f"{text[max(0, start - _BESIDE) : start]}\n{text[end : end + len(name) + _BESIDE]}"
    return re.search(rf"(?<![A-Za-z]){name}", near, re.IGNORECASE) is not None


def _validate(filling: Filling) -> None:
    """Drop what the tool's own model refuses; a required argument that goes is missing."""
    tool = filling.tool
    for _round in range(len(tool.parameters) + 1):
        try:
            tool.arguments_model.model_validate(filling.arguments)
            return
        except ValidationError as error:
            refused = {
                str(item["loc"][0]) for item in error.errors() if item["loc"]
            } & filling.arguments.keys()
        if not refused:
            return
        for parameter in tool.parameters:
            if parameter.name in refused:
                del filling.arguments[parameter.name]
                if parameter.required:
                    filling.missing.append(parameter)
