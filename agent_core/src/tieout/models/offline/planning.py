"""What to do about a question: which calls to make, or what to ask for."""

from __future__ import annotations

__all__ = ["Plan", "Planner"]

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tieout.contract.tools import Parameter, Tool
from tieout.models.offline.codeblocks import shortened
from tieout.models.offline.entities import MASK, Reading
from tieout.models.offline.filling import Filling, Find, fill, is_search
from tieout.models.offline.phrases import asks, asks_documents, attributes, fillers, joints, recomputes
from tieout.models.offline.query import search_query
from tieout.models.offline.router import Choice, Router
from tieout.text import nfkc, tokens

_SPLITS = 8
_SIDE = 0.33
"""Least likeness of each half of a question that asks for two things."""
_PART = 0.5
"""Least likeness of a part of a question that as a whole is for no tool."""
_OWN_INTENT = 0.75
"""A short text that is this clearly a question of its own is no supplement to the one before."""
_WELL_FILLED = 3
"""With so many arguments in one half, half the likeness is enough."""
_OWN_WORDS = 4
"""With so many words of its own, a part of a question says by itself what to search for."""
_SUPPLEMENT = 6
"""Letters that may be left of a supplement ("and with an H200 then?") beside what is typed in it."""


@dataclass
class Plan:
    """The tools to call for one question, each with its arguments; empty when no tool is for it."""

    fillings: list[Filling] = field(default_factory=list[Filling])

    @property
    def missing(self) -> list[tuple[Tool[..., Any], list[Parameter]]]:
        """What is still needed, by tool."""
        return [(filling.tool, filling.missing) for filling in self.fillings if filling.missing]

    def calls(self) -> list[tuple[Tool[..., Any], dict[str, Any]]]:
        """The calls that can be made now, in order."""
        return [(f.tool, arguments) for f in self.fillings if not f.missing for arguments in f.calls()]


class Planner:
    """Plans over a router; the same texts give the same plan.

    Args:
        router: Router of the tools.
        find: The host's finders, for slots that bring none.
    """

    def __init__(self, router: Router, find: Find) -> None:
        self._router = router
        self._find = find
        self._readings: dict[str, Reading] = {}

    def _read(self, text: str) -> Reading:
        """Halves of a question are looked at from both sides, and reading is most of the work."""
        if text not in self._readings:
            self._readings[text] = self._router.read(text)
        return self._readings[text]

    def plan(self, text: str, earlier: Sequence[str] = ()) -> Plan:
        """The plan for ``text``, which may only complete or change one of the ``earlier`` questions (oldest first)."""
        standing = Plan()
        for question in [*earlier, text]:
            reading = self._read(shortened(nfkc(question).text))
            new = self._supplemented(standing, reading) or self._fresh(reading)
            if question is text:
                return new
            standing = new if new.fillings else standing
        return standing

    def _fresh(self, reading: Reading) -> Plan:
        ranked = self._router.rank(reading, self._find)
        search = next((choice for choice in ranked if choice.tool and is_search(choice.tool)), None)
        attributed = attributes().search(reading.prose) and not recomputes().search(reading.prose)
        if search is not None and search.filling is not None and attributed:
            return Plan([search.filling])
        best = ranked[0]
        pair = self._pair(reading, ranked)
        if pair:
            return Plan(pair)
        return Plan([best.filling]) if best.filling is not None else self._part(reading)

    def _part(self, reading: Reading) -> Plan:
        """What one part of a question clearly asks for, where the whole is too mixed for any tool."""
        parts = {part for halves in _halves(reading) for part in halves}
        sure = (self._sure(part, reading) for part in sorted(parts, key=len))
        whole = [c for c in sure if c is not None and c.filling is not None and not c.filling.missing]
        asked = [c for c in whole if c.tool is not None and not is_search(c.tool) and c.likeness >= _PART]
        best = max(asked, key=lambda choice: choice.likeness, default=None)
        return Plan([best.filling]) if best is not None and best.filling is not None else Plan()

    def _pair(self, reading: Reading, ranked: Sequence[Choice]) -> list[Filling]:
        """Two tools of different plugins, when the question falls into a part for each."""
        whole = ranked[0]
        found: list[tuple[float, Choice, Choice, str, str]] = []
        for left, right in _halves(reading):
            first = self._sure(left, reading)
            second = self._sure(right, reading)
            if any(choice and _only_topic(choice, part) for choice, part in ((first, left), (second, right))):
                continue
            first = first or self._fed(left, second, ranked, reading)
            second = second or self._fed(right, first, ranked, reading)
            if first is None or second is None or first.tool is None or second.tool is None:
                continue
            if first.tool.group == second.tool.group:
                continue
            if whole.tool and whole.name not in (first.name, second.name):
                continue
            found.append((first.likeness + second.likeness, first, second, left, right))
        if not found:
            return []
        _sum, first, second, left, right = max(found, key=lambda item: item[0])
        _aim_search(reading, first, left, second)
        _aim_search(reading, second, right, first)
        return [c.filling for c in sorted((first, second), key=_searches) if c.filling]

    def _fed(
        self, part: str, other: Choice | None, ranked: Sequence[Choice], question: Reading
    ) -> Choice | None:
        """The tool that a part gives the inputs of, when the other part is a search that names what is wanted.

        "What do the reports say about its MFU? Work it out from 15T tokens and 6.4M H100 hours."
        """
        if other is None or other.tool is None or not is_search(other.tool):
            return None
        reading = self._read(part)
        for choice in ranked:
            if choice.tool is None or is_search(choice.tool) or choice.likeness < _SIDE / 2:
                continue
            own = fill(choice.tool, reading, self._find)
            if len(own.arguments) >= _WELL_FILLED:
                whole = fill(choice.tool, question, self._find)
                own.arguments = {**whole.arguments, **own.arguments}
                return Choice(choice.tool, choice.score, choice.likeness, own)
        return None

    def _sure(self, part: str, question: Reading) -> Choice | None:
        """The tool that a part of the question asks for, if it clearly asks for one."""
        reading = self._read(part)
        if len(re.sub(rf"[\W_{MASK}]", "", reading.masked)) < 2:
            return None
        if asks_documents().search(reading.prose) and (search := self._search(reading, question)):
            return search
        if max((v for name, v in self._router.likeness(reading).items() if name), default=0.0) < _SIDE / 3:
            return None
        best = self._router.rank(reading, self._find)[0]
        if best.tool is None or best.filling is None:
            return None
        typed = best.likeness >= _SIDE / 2 and len(best.filling.arguments) >= _WELL_FILLED
        if best.likeness < _SIDE and not typed:
            return None
        own, whole = best.filling, fill(best.tool, question, self._find)
        if not is_search(best.tool) and not reading.entities and not whole.spans:
            return None  # only guessed at: "… and quote it" asks for no price
        if is_search(best.tool) or own.missing or not own.arguments:
            own = whole
        else:  # an option may be named in the other part
            own.arguments = {**whole.arguments, **own.arguments}
        if best.tool.parameters and not own.arguments and not own.missing:
            return None  # nothing in the whole question is for it
        return Choice(best.tool, best.score, best.likeness, own)

    def _search(self, reading: Reading, question: Reading) -> Choice | None:
        """The search tool, for a part that says in so many words what the reports say."""
        ranked = self._router.rank(reading, self._find)
        for choice in ranked:
            if choice.tool is not None and is_search(choice.tool):
                whole = fill(choice.tool, question, self._find)
                return None if whole.missing else Choice(choice.tool, choice.score, choice.likeness, whole)
        return None

    def _supplemented(self, standing: Plan, reading: Reading) -> Plan | None:
        """The standing plan with what the new text adds or changes, when it does nothing else."""
        if not standing.fillings:
            return None
        for old in standing.fillings:
            wanted = frozenset(p.name for p in old.missing)
            added = fill(old.tool, reading, self._find, wanted=wanted)
            given = {name: value for name, value in added.arguments.items() if not _echoes(old.tool, name)}
            if given and self._only_supplies(old, given, reading, wanted):
                return Plan([_completed(old, given)])
        return None

    def _is_new(self, old: Filling, reading: Reading, completes: Collection[str]) -> bool:
        """Whether a short text asks for something else by a word of its own ("H100 power" after a training run)."""
        best = self._router.rank(reading, self._find)[0]
        if best.tool is None or best.filling is None or best.filling.missing or completes:
            return False
        return best.tool is not old.tool and best.likeness >= _SIDE and not is_search(best.tool)

    def _only_supplies(
        self, old: Filling, given: Iterable[str], reading: Reading, wanted: frozenset[str]
    ) -> bool:
        named = [p for p in old.tool.parameters if p.name in given]
        words = [word.lower() for p in named for word in (*(p.slot.cues if p.slot else ()), p.name)]
        rest = reading.masked
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, " ")
        left = len(re.sub(r"[\W_]", "", fillers().sub(" ", rest.replace(MASK, " "))))
        if self._is_new(old, reading, wanted & set(given)):
            return False
        if left <= (2 * _SUPPLEMENT if wanted & set(given) else _SUPPLEMENT):
            return True
        scores = self._router.likeness(reading)
        own = max((score for name, score in scores.items() if name != old.tool.qualified_name), default=0.0)
        return bool(wanted & set(given)) and own < _OWN_INTENT / 2


def _only_topic(choice: Choice, part: str) -> bool:
    """Whether a part only names what the search is about, rather than asking for something itself."""
    return choice.tool is not None and not is_search(choice.tool) and not asks().search(part)


def _aim_search(reading: Reading, choice: Choice, part: str, other: Choice) -> None:
    """Point the search of a pair at its own part of the question, and at the names in the other.

    What the other tool computes with (numbers, devices) names nothing to search for, so it is left out where the
    search's part has no words of its own ("… and what do the reports say?").
    """
    if choice.filling is None or not _searches(choice):
        return
    named: list[str] = []
    prose = list(reading.prose)
    for entity in reading.entities:
        text = reading.text[entity.start : entity.end]
        computed = entity.label.startswith("q:") or entity.label in ("device", "code")
        if computed and not re.fullmatch(r"\d{4,6}", text):  # a security's code is a name
            prose[entity.start : entity.end] = " " * len(text)
        elif entity.label != "purpose":  # training or serving is what is asked, and no name
            named.append(text)
    own, whole = search_query(part), search_query("".join(prose))
    named += [label for label in _labels(reading, other) if label not in reading.text]
    if len(tokens(own, query=True)) >= _OWN_WORDS and own != part.strip():
        query = " ".join([*(name for name in named if name not in own), own])
    else:
        query = " ".join([*(name for name in named if name not in reading.text), whole])
    for parameter in choice.filling.tool.parameters:
        if parameter.required and parameter.name in choice.filling.arguments and len(query.strip()) > 1:
            choice.filling.arguments[parameter.name] = query


def _labels(reading: Reading, choice: Choice) -> list[str]:
    """What the things that the other tool looks up by a code are called: 688111 is 金山办公 in a report."""
    given = set(choice.filling.arguments.values()) if choice.filling is not None else set[object]()
    found = [
        c for candidates in reading.candidates.values() for c in candidates if c.label and c.value in given
    ]
    return list(dict.fromkeys(candidate.label for candidate in found))


def _completed(old: Filling, given: dict[str, Any]) -> Filling:
    missing = [parameter for parameter in old.missing if parameter.name not in given]
    return Filling(old.tool, {**old.arguments, **given}, missing)


def _echoes(tool: Tool[..., Any], name: str) -> bool:
    """Whether any text at all fills the argument, so that filling it says nothing."""
    return is_search(tool) and any(p.name == name and p.required for p in tool.parameters)


def _searches(choice: Choice) -> bool:
    return choice.tool is not None and is_search(choice.tool)


def _halves(reading: Reading) -> Iterator[tuple[str, str]]:
    """The question cut in two wherever it may pass from one request to the next; code stays whole."""
    text = reading.text
    found = joints().finditer(reading.prose)
    marks = [m for m in found if text[: m.start()].strip() and text[m.end() :].strip()]
    ends = [m for m in marks if m[0].strip()[:1] in "?？。!！;；\n."]
    for match in (ends + [m for m in marks if m not in ends])[:_SPLITS]:
        yield text[: match.start()], text[match.end() :]
