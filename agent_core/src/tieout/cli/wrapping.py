"""Lines that fit the terminal: a Chinese character is two columns wide and may end a line anywhere."""

from __future__ import annotations

__all__ = ["display_width", "wrap"]

import unicodedata
from collections.abc import Iterator

_CLOSING = frozenset("，。、；：？！）】」』》〉”’…·,.;:?!)]}%")
"""What must not begin a line."""
_OPENING = frozenset("（【「『《〈“‘([{")
"""What must not end a line."""


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes: two for a wide character, none for a combining mark."""
    return sum(map(_columns, text))


def wrap(text: str, width: int) -> list[str]:
    """Break ``text`` at spaces and between wide characters into lines of at most ``width`` columns.

    A word that is wider than a whole line is left whole, so that an address or a command can be copied.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if piece.isspace():
            line += " " if line else ""
        elif line and display_width(line + piece) > width:
            lines.append(line.rstrip())
            line = piece
        else:
            line += piece
    return [*lines, line.rstrip()] if line else lines


def _pieces(text: str) -> Iterator[str]:
    """Spaces, words, and wide characters one by one with the punctuation that belongs to them."""
    piece = ""
    for character in text:
        if piece and not _belongs(piece[-1], character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _belongs(last: str, character: str) -> bool:
    if last.isspace() or character.isspace():
        return last.isspace() and character.isspace()
    if character in _CLOSING or last in _OPENING:
        return True
    return _columns(character) < 2 and _columns(last) < 2


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
