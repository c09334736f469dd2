"""Prose that is held until its line is whole: for a user whose policies say that a finding in it must not get out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from tieout.plugin import Stage
from tieout_code_shield.guessing import looks_like_code
from tieout_code_shield.loose import MAX_INLINE
from tieout_code_shield.rules import Category, Rule
from tieout_code_shield.settings import Action, ShieldSettings

if TYPE_CHECKING:
    from tieout_code_shield.scanner import Scanner

__all__ = ["MAX_HELD", "PROSE", "LineBuffer", "mentioned", "place_to_cut", "without"]

MAX_HELD: Final = 4_000
"""Characters of a line that are held; a longer one is looked at in parts."""
SETTLED: Final = 3_000
"""Of those, how many leave at once at most: what begins in them is over before the rest ends, unless it is longer than
any credential or inline code."""
PROSE: Final[frozenset[Category]] = frozenset({"secret", "unicode"})
"""What is looked for in prose and documents, which may speak of dangerous commands."""


_SPACE: Final = re.compile(r"(?s).*\s")
_BORDER: Final = re.compile(r"(?s).*[^A-Za-z0-9_./+=~`-]")
_TICKS: Final = re.compile("`+")


class LineBuffer:
    """Takes text in any pieces, returns it in lines, whose ends do not depend on the pieces.

    Args:
        cut: How much of a part that is too long to hold is to be returned: from 1 to all of it.
    """

    def __init__(self, cut: Callable[[str], int]) -> None:
        self._cut = cut
        self._text = ""
        self._start = 0

    def feed(self, text: str) -> list[tuple[int, str]]:
        """Take the next piece; returns the lines that are whole now, each with the offset of its first character."""
        self._text += text
        found: list[tuple[int, str]] = []
        while True:
            end = self._text.find("\n", 0, MAX_HELD) + 1
            if not end and len(self._text) < MAX_HELD:
                return found
            found.append(self._take(end or self._cut(self._text[:MAX_HELD])))

    def flush(self) -> list[tuple[int, str]]:
        """What is left."""
        return [self._take(len(self._text))] if self._text else []

    def skip(self, count: int) -> None:
        """So many characters came that are no prose."""
        self._start += count

    def _take(self, count: int) -> tuple[int, str]:
        text, self._text = self._text[:count], self._text[count:]
        start = self._start
        self._start += count
        return start, text


def place_to_cut(text: str, scanner: Scanner) -> int:
    """Where to cut the beginning of a long line: between words, and through no credential, hidden character or code
    between backticks."""
    border = _SPACE.match(text, 0, SETTLED) or _BORDER.match(text, 0, SETTLED)
    cut = border.end() if border is not None else SETTLED
    spans = [(hit.start, hit.end) for hit in scanner.text_hits(text, PROSE)]
    spans += [(start, end) for start, end, _size in _between_ticks(text)]
    for start, end in sorted(spans, reverse=True):
        if start < cut < end:
            cut = start
    if cut:
        return cut
    for start, end in sorted(spans):
        if not cut or start < cut:
            cut = max(cut, end)
    return cut


def _between_ticks(text: str) -> Iterator[tuple[int, int, int]]:
    """Code between backticks: where its marks begin and end, and how many are on each side; one that may be
    closed behind the end of the text goes up to there, with 0."""
    runs = list(_TICKS.finditer(text))
    done = 0
    for place, first in enumerate(runs):
        if first.start() < done:
            continue
        size = first.end() - first.start()
        last = next((run for run in runs[place + 1 :] if run.end() - run.start() == size), None)
        if last is not None and last.start() - first.end() <= MAX_INLINE:
            done = last.end()
            yield first.start(), done, size
        elif last is None and len(text) - first.end() <= MAX_INLINE:
            yield first.start(), len(text), 0


def mentioned(
    line: str, scanner: Scanner, settings: ShieldSettings
) -> tuple[list[tuple[Rule, int, int, Action]], str]:
    """Findings in the code between a line's backticks: the rule, the code's place, and what is to be done; and why
    some of it could not be checked.

    Without a policy of the user's that fits, such code only warns: it is there to be read.
    """
    found: list[tuple[Rule, int, int, Action]] = []
    unknown = ""
    for begin, end, size in _between_ticks(line):
        code = line[begin + size : end - size].strip()
        if not size or not looks_like_code(code):
            continue
        report = scanner.scan(code)
        unknown = unknown or report.unknown
        for issue in report.issues:
            rule = issue.rule
            action = settings.explicit(Stage.OUTPUT, issue.severity, rule.cwe, rule.id) or "warn"
            found.append((rule, begin + size, end - size, action))
    return found, unknown


def without(text: str, gone: Iterable[tuple[int, int, str]]) -> str:
    """A text with a note in place of each span (start, end and note); a span within another goes with it."""
    parts: list[str] = []
    done = 0
    for start, end, note in sorted(gone, key=lambda span: (span[0], -span[1])):
        if end > done:
            parts += [text[done:start], note]
            done = end
    return "".join([*parts, text[done:]])
