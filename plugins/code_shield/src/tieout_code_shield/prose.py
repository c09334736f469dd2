"""Prose that is held until its line is whole: for a user whose policies say that a finding in it must not get out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tieout.plugin import Stage
from tieout_code_shield.clothes import InlineCode
from tieout_code_shield.guessing import looks_like_code
from tieout_code_shield.rules import Category, Rule
from tieout_code_shield.settings import Action, ShieldSettings

if TYPE_CHECKING:
    from tieout_code_shield.scanner import Scanner

__all__ = ["MAX_HELD", "PROSE", "LineBuffer", "mentioned", "without"]

MAX_HELD: Final = 4_000
"""Characters of a line that are held; a longer one is looked at in parts."""
PROSE: Final[frozenset[Category]] = frozenset({"secret", "unicode"})
"""What is looked for in prose and documents, which may speak of dangerous commands."""


class LineBuffer:
    """Takes text in any pieces, returns it in lines, whose ends do not depend on the pieces."""

    def __init__(self) -> None:
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
            found.append(self._take(end or MAX_HELD))

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


def mentioned(
    line: str, inline: InlineCode, scanner: Scanner, settings: ShieldSettings
) -> list[tuple[Rule, int, int, Action]]:
    """Findings in the code between a line's backticks: the rule, the code's place, and what is to be done.

    Without a policy of the user's that fits, such code only warns: it is there to be read.
    """
    found: list[tuple[Rule, int, int, Action]] = []
    for code in [*inline.feed(line), *inline.flush()]:
        if not code or not looks_like_code(code):
            continue
        at = line.find(code)
        for issue in scanner.scan(code).issues:
            rule = issue.rule
            action = settings.explicit(Stage.OUTPUT, issue.severity, rule.cwe, rule.id) or "warn"
            if at < 0 and action == "redact":
                action = "block"  # A part of it is out: what is left of it cannot be taken out.
            found.append((rule, max(at, 0), max(at, 0) + len(code), action))
    return found


def without(text: str, gone: Iterable[tuple[int, int, str]]) -> str:
    """A text with a note in place of each span (start, end and note); a span within another goes with it."""
    parts: list[str] = []
    done = 0
    for start, end, note in sorted(gone, key=lambda span: (span[0], -span[1])):
        if end > done:
            parts += [text[done:start], note]
            done = end
    return "".join([*parts, text[done:]])
