"""What an expression puts together with ``+``: texts, and other expressions."""

from __future__ import annotations

import re

__all__ = ["Piece", "summands"]

Piece = tuple[str, str]
"""Text, or the expression that stands there; one of the two is empty."""


def summands(source: str, part: re.Pattern[str]) -> list[re.Match[str]] | None:
    """What is put together with ``+``, each of it matched by ``part``; ``None`` where anything else stands."""
    found: list[re.Match[str]] = []
    position = 0
    while position < len(source):
        match = part.match(source, position)
        if match is None or source[match.end() : match.end() + 1] not in ("", "+"):
            return None
        found.append(match)
        position = match.end() + 1
    return found
