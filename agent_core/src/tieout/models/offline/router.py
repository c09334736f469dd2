"""Which tool a text asks for: a classifier over the tools' own examples, and what of the text each could use."""

from __future__ import annotations

__all__ = ["NONE", "Choice", "Router", "build_router"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tieout.contract.tools import Embedder, Tool
from tieout.models.offline.classifier import RidgeClassifier
from tieout.models.offline.entities import EntityFinder, Reading
from tieout.models.offline.features import features
from tieout.models.offline.filling import Filling, Find, fill, is_search
from tieout.models.offline.opinion import SecondOpinion
from tieout.models.offline.small_talk import SMALL_TALK

NONE = ""
"""The class of what no tool is for."""

_SHORTLIST = 5
_USED = 0.35
"""What it is worth when a tool can use everything typed in the question, rather than half of it."""
_MOST_TYPED = 1.5
_LACKING = 0.12
"""What each missing required argument costs."""
_SEARCH = 0.2
_ASKED = 0.3
"""A search tool as likely as this was asked for in so many words; then it goes before a tool for the words searched."""
_KIN = 0.8
"""How much of the likeness of a plugin's tools that lack an argument counts for its search tool: they share words."""
_IDLE = 0.15
"""What it costs when nothing in the question is for any argument of the tool."""
_LEAST = 0.3
_ALIKE = 0.3
"""Least likeness of a tool that goes before a likelier one because it takes more of what is typed."""
_UNSURE = 0.2
"""Below this distance between the first two, the embedder is asked as well, when there is one."""


@dataclass(frozen=True)
class Choice:
    """A tool (``None`` for no tool), how well it fits (about 0 to 1.3), and its arguments."""

    tool: Tool[..., Any] | None
    score: float
    likeness: float
    """The classifier's share of the score."""
    filling: Filling | None = None

    @property
    def name(self) -> str:
        """Qualified name, empty for no tool."""
        return self.tool.qualified_name if self.tool else NONE


class Router:
    """Ranks a set of tools for a text. Built once per set of tools; about 1 s of CPU for 200 examples.

    Args:
        tools: Tools with examples; one without is known by its description only.
        embedder: Asked where n-grams leave two tools close together.
    """

    def __init__(self, tools: Sequence[Tool[..., Any]], embedder: Embedder | None = None) -> None:
        self.tools = {tool.qualified_name: tool for tool in tools}
        self._finder = EntityFinder(tools)
        texts = {name: [*_examples(tool), _described(tool)] for name, tool in self.tools.items()}
        texts[NONE] = list(SMALL_TALK)
        labelled = [
            (features(self._finder.read(text)), name) for name, held in texts.items() for text in held
        ]
        self._classifier = RidgeClassifier([vector for vector, _ in labelled], [name for _, name in labelled])
        self._opinion = (
            SecondOpinion(embedder, {n: t[:-1] if n else t for n, t in texts.items()}) if embedder else None
        )

    def read(self, text: str) -> Reading:
        """Everything typed in ``text``."""
        return self._finder.read(text)

    def likeness(self, reading: Reading) -> dict[str, float]:
        """Qualified name (and NONE) to the classifier's score."""
        return self._classifier.scores(features(reading))

    def rank(self, reading: Reading, find: Find, *, source: Reading | None = None) -> list[Choice]:
        """The likeliest tools and NONE, best first, arguments filled from ``source`` (or ``reading`` itself)."""
        scores = self.likeness(reading)
        if self._opinion is not None:
            scores = self._opinion.adjusted(reading.text, scores, unsure=_UNSURE)
        order = sorted((name for name in scores if name), key=lambda name: (-scores[name], name))
        best = [n for i, n in enumerate(order) if i < _SHORTLIST or is_search(self.tools[n])]
        fillings = {name: fill(self.tools[name], source or reading, find) for name in best}
        likeness = _with_kin(scores, fillings)
        none = scores.get(NONE, 0.0)
        choices = [Choice(None, max(none, _LEAST), none)]
        for name, filling in fillings.items():
            fit = _use(filling, source or reading, asked=likeness[name] >= max(_ASKED, none))
            choices.append(Choice(self.tools[name], likeness[name] + fit, likeness[name], filling))
        ranked = sorted(choices, key=lambda choice: (-choice.score, choice.name))
        return _taking_all(ranked, source or reading)


def _taking_all(ranked: list[Choice], reading: Reading) -> list[Choice]:
    """Before the best choice goes one of its plugin that takes all that it takes and a quantity more: what is typed is
    meant. "How many H100s do I need … in 30 days" is likest to an estimate of a run, which has no use for the days."""
    best = ranked[0]
    if best.tool is None or best.filling is None or is_search(best.tool):
        return ranked
    for choice in ranked[1:]:
        if choice.tool is None or choice.filling is None or choice.filling.missing or is_search(choice.tool):
            continue
        kin = choice.tool.group == best.tool.group and choice.likeness >= _ALIKE
        if kin and _quantities(best, reading) < _quantities(choice, reading):
            return [choice, *(other for other in ranked if other is not choice)]
    return ranked


def _quantities(choice: Choice, reading: Reading) -> frozenset[tuple[int, int]]:
    """Where the quantities stand in the text that a choice has an argument for."""
    spans = choice.filling.spans if choice.filling else ()
    return frozenset(
        (e.start, e.end)
        for e in reading.entities
        if e.label.startswith("q:") and any(s < e.end and e.start < t for s, t in spans)
    )


def _with_kin(scores: Mapping[str, float], fillings: Mapping[str, Filling]) -> dict[str, float]:
    """Scores in which a search tool has part of the likeness of the tools of its plugin that lack an argument."""
    raised = dict(scores)
    for name, filling in fillings.items():
        if is_search(filling.tool):
            kin = [n for n, f in fillings.items() if f.tool.group == filling.tool.group and f.missing]
            raised[name] += _KIN * sum(max(0.0, scores[n]) for n in kin if n != name)
    return raised


def _use(filling: Filling, reading: Reading, *, asked: bool) -> float:
    """Bonus for using what is typed in the question, malus for what is missing; ``asked``: see ``_ASKED``."""
    tool = filling.tool
    lacking = _LACKING * len(filling.missing)
    total = sum(entity.weight for entity in reading.entities)
    if is_search(tool):
        total -= sum(entity.weight for entity in reading.entities if entity.label == "code")
        # Words of any tool can be searched for, so what remains is whether searching was asked for at all.
        return (_USED / 2) * min(1.0, total) + (_SEARCH if asked else 0.0) - lacking
    if tool.parameters and not filling.arguments and not filling.missing:
        lacking += _IDLE
    if total < 0.25:
        return -lacking
    used = sum(e.weight for e in reading.entities if any(s < e.end and e.start < t for s, t in filling.spans))
    return _USED * (used / total - 0.5) * min(_MOST_TYPED, total) - lacking


def _examples(tool: Tool[..., Any]) -> list[str]:
    return [text for utterances in tool.examples.values() for text in utterances]


def _described(tool: Tool[..., Any]) -> str:
    """Description, names and cues as one utterance more."""
    words = [tool.name.replace("_", " "), tool.description]
    for parameter in tool.parameters:
        cues = parameter.slot.cues if parameter.slot else ()
        words += [parameter.name.replace("_", " "), parameter.description, *cues]
    return " ".join(words)


@lru_cache(maxsize=4)
def _cached(tools: tuple[Tool[..., Any], ...], embedder: Embedder | None) -> Router:
    return Router(tools, embedder)


def build_router(tools: Mapping[str, Tool[..., Any]], embedder: Embedder | None) -> Router:
    """The router of a set of tools; the last few sets are kept, since each turn builds its model anew."""
    usable = tuple(tool for _name, tool in sorted(tools.items()) if "model" in tool.faces)
    return _cached(usable, embedder)
