"""How a text of C or C++ declares a name.

Names are looked up as words first: a regular expression made for each would cost more than the search.
"""

from __future__ import annotations

import re
from typing import Final

from tieout_code_shield.dialects.c_sizes import occurrences

__all__ = ["array_anywhere", "declared_array", "declared_type"]

MAX_AHEAD: Final = 160
"""Characters in front of a name that may be its type."""
_NO_TYPE: Final = r"(?!return\b|delete\b|else\b|case\b|throw\b|new\b|goto\b|using\b|co_return\b)"
_WORDS: Final = rf"(?:{_NO_TYPE}[\w:]+(?:<[^;{{}}]{{0,120}}>)?[\s*&]+)+"
_TYPE: Final = re.compile(rf"\s*({_WORDS})\Z")
_TYPE_OF_SEVERAL: Final = re.compile(rf"\s*({_WORDS})(?=\w)[^;{{}}()]*,[\s*&]*\Z")
_BREAK: Final = re.compile(r"[;{}(,](?![^<>;{}()]*>)")
_STATEMENT: Final = re.compile(r"[;{}(]")
_BEHIND: Final = re.compile(r"\s*(?:[;={(,)\[]|:(?!:))")
_TYPED: Final = re.compile(r"[\w>][\s*]+\Z")
_SIZED_TYPE: Final = re.compile(r"\barray<[^;]*>\s*&?\s*\Z")
_ARRAY: Final = re.compile(r"(?:\s*\[\s*[\w ()+*]+\s*\])+\s*[;={,]")


def declared_type(text: str, name: str) -> str | None:
    """What stands in front of a name where ``text`` first declares it: its type, with stars and ``static``."""
    found = _declaration(text, name)
    return found[0] if found is not None else None


def declared_array(text: str, name: str) -> bool | None:
    """Whether ``text`` declares a name as an array with a size of its own; ``None`` where it does not declare it."""
    found = _declaration(text, name)
    if found is None:
        return None
    if _SIZED_TYPE.search(found[0]):
        return True
    return _ARRAY.match(text, found[1]) is not None and not found[0].rstrip().endswith("*")


def array_anywhere(text: str, name: str) -> bool:
    """Whether any part of ``text``, such as a structure, declares a name as an array with a size of its own."""
    return any(
        _ARRAY.match(text, end) and _TYPED.search(text, max(0, start - MAX_AHEAD), start)
        for start, end in occurrences(text, name)
    )


def _declaration(text: str, name: str) -> tuple[str, int] | None:
    """The type of a name, and where in the text the name ends."""
    for start, end in occurrences(text, name):
        if _BEHIND.match(text, end) is None:
            continue
        ahead = text[max(0, start - MAX_AHEAD) : start]
        parts = _BREAK.split(ahead)
        found = _TYPE.match(parts[-1])
        if found is None and not parts[-1].strip(" \t\n*&"):
            found = _TYPE_OF_SEVERAL.match(_STATEMENT.split(ahead)[-1])
        if found is not None:
            return found[1], end
    return None
