"""Whom a sentence speaks of, among the subjects that the evidence knows."""

from __future__ import annotations

__all__ = ["Subjects"]

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cache

from tieout.quantities import Quantity

_MOST_SUBJECTS = 200
# Letters and digits of a name may be joined by so much: H100-SXM, H100 (SXM).
_WIDEST_GAP = 2

_Named = frozenset[str]


@cache
def _piece() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|[一-鿿]+")


@cache
def _head() -> re.Pattern[str]:
    """The part of a name that stands for it alone: H100 of H100 SXM, 910B of Ascend 910B, the code of 600519.SH."""
    return re.compile(
        r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,4}\d{2,4}[A-Za-z]{0,2}|\d{3}[A-Z]|\d{5,6})(?![A-Za-z0-9])"
    )


@cache
def _borders() -> re.Pattern[str]:
    return re.compile(r"[\n。！？!?；;]|\.(?=\s|$)")


@cache
def _clause_borders() -> re.Pattern[str]:
    return re.compile(r"[,，、:：|]|\b(?:while|whereas|but|versus|vs|than)\b|而|但|则")


class Subjects:
    """Mentions of the evidence's subjects in an answer, and which of them a number may belong to."""

    def __init__(self, answer: str, subjects: Iterable[str], numbers: Sequence[Quantity]) -> None:
        self._answer = answer
        self._known = list(dict.fromkeys(subject for subject in subjects if subject))[:_MOST_SUBJECTS]
        self._mentions = _mentions(answer, self._known)
        self._starts = [start for start, _, _ in self._mentions]
        outside = [n for n in numbers if not self.names(n.start, n.end)]
        self._numbers = [number.start for number in outside]
        self._borders = [match.start() for match in _borders().finditer(answer)] if self._mentions else []

    def names(self, start: int, end: int) -> bool:
        """Whether ``start:end`` lies inside the name of a subject."""
        at = bisect_right(self._starts, start) - 1
        return at >= 0 and end <= self._mentions[at][1]

    def sentence(self, number: Quantity) -> tuple[int, int]:
        """Where the sentence or line begins and ends in which ``number`` stands."""
        at = bisect_left(self._borders, number.start)
        start = self._borders[at - 1] + 1 if at else 0
        following = bisect_left(self._borders, number.end)
        return start, self._borders[following] if following < len(self._borders) else len(self._answer)

    def of(self, number: Quantity) -> _Named:
        """The subjects that ``number`` may belong to by the words of its sentence; empty when they do not say."""
        if not self._mentions:
            return frozenset()
        start, end = self.sentence(number)
        return self._inside(number) or (self._before(number, start) | self._after(number, end))

    def earlier(self, number: Quantity, among: frozenset[str]) -> _Named:
        """Those of ``among`` that were named last before the number, in whatever sentence."""
        at = bisect_left(self._starts, number.start) - 1
        while at >= 0:
            if found := self._mentions[at][2] & among:
                return found
            at -= 1
        return frozenset()

    def _inside(self, number: Quantity) -> _Named:
        """Subjects within the number's own words: 16,384 H100 GPUs."""
        first = bisect_left(self._starts, number.start)
        inside = self._mentions[first : bisect_left(self._starts, number.end)]
        return frozenset(subject for _, _, subjects in inside for subject in subjects)

    def _before(self, number: Quantity, start: int) -> _Named:
        """The last run of subjects before the number that no other number stands between."""
        at = bisect_left(self._starts, number.start) - 1
        found: _Named = frozenset()
        after = number.start
        while at >= 0 and self._mentions[at][0] >= start:
            begin, end, subjects = self._mentions[at]
            if found and self._any_number(end, after):
                break
            found, after = found | subjects, begin
            at -= 1
        return found

    def _after(self, number: Quantity, end: int) -> _Named:
        """The subject that follows in the same clause before another number: 312 TFLOP/s for the A100."""
        at = bisect_left(self._starts, number.end)
        if at >= len(self._mentions) or self._mentions[at][0] >= end:
            return frozenset()
        begin, _, subjects = self._mentions[at]
        border = _clause_borders().search(self._answer, number.end, begin)
        return frozenset() if border or self._any_number(number.end, begin) else subjects

    def _any_number(self, start: int, end: int) -> bool:
        return bisect_left(self._numbers, start) < bisect_left(self._numbers, end)


def _mentions(answer: str, subjects: Sequence[str]) -> list[tuple[int, int, _Named]]:
    """Where which subjects are named, in order, without overlap; the longest name wins."""
    spelled = _spellings(subjects)
    if not spelled:
        return []
    pieces = [(match[0].lower(), match.start(), match.end()) for match in _piece().finditer(answer)]
    found: list[tuple[int, int, _Named]] = []
    at = 0
    while at < len(pieces):
        for words, named in spelled.get(pieces[at][0], ()):
            if _follows(answer, pieces, at, words):
                found.append((pieces[at][1], pieces[at + len(words) - 1][2], named))
                at += len(words)
                break
        else:
            at += 1
    return found


def _spellings(subjects: Sequence[str]) -> dict[str, list[tuple[tuple[str, ...], _Named]]]:
    by_words: dict[tuple[str, ...], set[str]] = {}
    for subject in subjects:
        for name in (subject, *(match[0] for match in _head().finditer(subject))):
            words = tuple(match[0].lower() for match in _piece().finditer(name))
            if words:
                by_words.setdefault(words, set()).add(subject)
    spelled: dict[str, list[tuple[tuple[str, ...], _Named]]] = {}
    for words in sorted(by_words, key=len, reverse=True):
        spelled.setdefault(words[0], []).append((words, frozenset(by_words[words])))
    return spelled


def _follows(answer: str, pieces: list[tuple[str, int, int]], at: int, words: tuple[str, ...]) -> bool:
    end = at + len(words)
    if end > len(pieces) or any(pieces[at + offset][0] != word for offset, word in enumerate(words)):
        return False
    first, last = pieces[at][1], pieces[end - 1][2]
    if answer[first - 1 : first].isalnum() and answer[first - 1].isascii() and first:
        return False
    rest = answer[last : last + 2]
    if rest[:1].isascii() and rest[:1].isalnum() and not (rest[:1] == "s" and not rest[1:].isalnum()):
        return False
    gaps = (answer[pieces[place][2] : pieces[place + 1][1]] for place in range(at, end - 1))
    return all(len(gap) <= _WIDEST_GAP and not gap.strip(" -_/().·") for gap in gaps)
