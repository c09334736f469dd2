"""Cuts a growing answer into pieces that are drawn fast, at places where no reader notices.

The last piece is drawn anew with every addition. At most 16,000 characters keep that below 60 ms.
"""

from __future__ import annotations

__all__ = ["Piece", "PieceCutter"]

import re
from collections.abc import Iterator
from dataclasses import dataclass

SOFT = 4_000
"""From here on a piece ends at the next blank line outside code."""
HARD = 16_000
"""Here a piece ends anyway, inside a code block too, which is opened again."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


@dataclass(frozen=True)
class Piece:
    """Text to append, to a new piece or to the last one."""

    fresh: bool
    text: str


class PieceCutter:
    """Feed it text as it comes; joined, the pieces' texts are the text (fences opened again aside)."""

    def __init__(self) -> None:
        self._length = 0
        self._line = ""
        self._after_blank = False
        self._fence = ""
        self._opener = ""
        self._first = True

    def feed(self, text: str) -> Iterator[Piece]:
        """The pieces that ``text`` adds to or begins."""
        for part in re.findall(r"[^\n]*\n|[^\n]+", text):
            for start in range(0, len(part), HARD):
                yield self._take(part[start : start + HARD])

    def _take(self, part: str) -> Piece:
        fresh, prefix = self._first, ""
        if not self._first and self._must_cut(part):
            fresh = True
            prefix = self._opener if self._fence else ""
            self._length = 0
        self._first = False
        self._length += len(prefix) + len(part)
        # Only the beginning of a line says what it is.
        self._line = (self._line + part)[:200]
        if part.endswith("\n"):
            self._end_line()
        return Piece(fresh, prefix + part)

    def _must_cut(self, part: str) -> bool:
        if self._line:  # in the middle of a line
            return self._length + len(part) > 2 * HARD
        if self._length + len(part) > HARD:
            return True
        whole = self._after_blank and not self._fence and part[0] not in " \t\n"
        return whole and self._length > SOFT

    def _end_line(self) -> None:
        line = self._line.rstrip("\n")
        self._line = ""
        self._after_blank = not line.strip()
        match = _FENCE.match(line)
        if match is None:
            return
        if not self._fence:
            self._fence, self._opener = match[1], line + "\n"
        elif match[1].startswith(self._fence) and not match[2].strip():
            self._fence = self._opener = ""
