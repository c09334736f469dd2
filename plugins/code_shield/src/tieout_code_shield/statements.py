"""Where statements end, told line by line while code is being written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tieout_code_shield.forms import Opening
from tieout_code_shield.languages import Language
from tieout_code_shield.syntaxes import lexer_for

__all__ = ["MAX_HELD_CHARACTERS", "MAX_HELD_LINES", "Splitter", "Unit"]

MAX_HELD_LINES: Final = 200
MAX_HELD_CHARACTERS: Final = 50_000
"""A statement longer than this is let go in pieces, each marked as cut: nobody can check half a statement."""

_PEM: Final = re.compile(r"-----(BEGIN|END)[A-Z0-9 ]{0,40}PRIVATE KEY")
_DECORATED: Final = frozenset({"python", "javascript", "typescript", "java", "kotlin"})
_DECORATOR: Final = re.compile(r"\s*@[A-Za-z_][\w.]*[ \t]*(?:\(.*\))?\s*", re.S)
_REMARK: Final = re.compile(r"\s*(?:#|//|$)")
MAX_SOFT_LINES: Final = 30
"""A statement that is held only because its lines are indented is let go after this many."""


def _closing(stack: Sequence[Opening]) -> str:
    return "\n" + "".join(opening.closing + opening.tail for opening in reversed(stack)) if stack else ""


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines that are released together: one statement, or several on one line."""

    lines: tuple[str, ...]
    stack: tuple[Opening, ...]
    """What is open behind it."""
    lowest: int
    """The smallest depth within it."""
    closed: str = ""
    """The brackets that it closes without having opened them."""
    inside: str = ""
    """What ends the comment or string that it starts in."""
    cut: bool = False
    """True when it was let go unfinished, because it was too long."""
    continues: bool = False
    """True when it goes on with the statement of the unit before it, of which it is too long a part to be held with."""

    def closing(self, lowest: int) -> str:
        """What closes everything that was opened above the depth ``lowest``."""
        return _closing(self.stack[min(lowest, self.lowest) :])


class Splitter:
    """Splits code into units as lines arrive; the units depend on the lines only."""

    def __init__(self, language: Language | None) -> None:
        self._lexer = lexer_for(language)
        self._decorated = language is not None and language.rules in _DECORATED
        self._lines: list[str] = []
        self._characters = 0
        self._lowest = 0
        self._before: tuple[Opening, ...] = ()
        self._in_key = False
        self._first = ""
        """The line with which the statement began that the lines are a part of."""
        self._begins = 0
        """Where it stands in the lines, behind its decorators."""
        self._continues = False

    def push(self, line: str) -> list[Unit]:
        """Take the next line (without its end); returns the units that are now complete."""
        done: list[Unit] = []
        idle = not line.strip() or line.lstrip().startswith("//")
        if len(self._lines) > self._begins and not self._open() and not idle:
            if not self._lexer.goes_on(line, self._first):
                done += self._over()
            elif len(self._lines) >= MAX_SOFT_LINES:
                done.append(self._take(goes_on=True))
        if len(self._lines) == self._begins and not self._continues:
            self._first = line
        self._lines.append(line)
        self._characters += len(line) + 1
        for match in _PEM.finditer(line):
            self._in_key = match[1] == "BEGIN"
        self._lexer.feed(line)
        self._lowest = min(self._lowest, len(self._lexer.stack))
        if len(self._lines) >= MAX_HELD_LINES or self._characters >= MAX_HELD_CHARACTERS:
            done.append(self._take(cut=self._open(), goes_on=self._open()))
        elif not self._open() and not self._lexer.may_go_on():
            done += self._over()
        return done

    def _over(self) -> list[Unit]:
        """The statement has ended; a decorator waits for what it decorates."""
        if self._decorated:
            statement = self._lines[self._begins :]
            remarks = self._begins > 0 and all(map(_REMARK.match, statement))
            if remarks or _DECORATOR.fullmatch("\n".join(statement)):
                self._begins = len(self._lines)
                return []
        return [self._take()]

    def flush(self) -> list[Unit]:
        """The code has ended: what is left."""
        return [self._take()] if self._lines else []

    def _open(self) -> bool:
        return self._in_key or self._lexer.held()

    def _take(self, *, cut: bool = False, goes_on: bool = False) -> Unit:
        stack = tuple(self._lexer.stack)
        closed = "".join(opening.closing for opening in reversed(self._before[self._lowest :]))
        inside = self._before[-1].closing if self._before and self._before[-1].text is not None else ""
        unit = Unit(tuple(self._lines), stack, self._lowest, closed, inside, cut, self._continues)
        self._lines = []
        self._characters = self._begins = 0
        self._continues = goes_on
        self._lowest = len(stack)
        self._before = stack
        return unit

    def forget(self, count: int) -> None:
        """Drop the first ``count`` lines of what is held: they were let go before."""
        self._lines = self._lines[count:]
        self._begins = max(0, self._begins - count)
