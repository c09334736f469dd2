"""Names people write for devices and models: exact look-up, near matches, and finding them in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from unicodedata import normalize

from tieout.plugin import Candidate

__all__ = ["AliasIndex", "key"]

_PIECE = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|[一-鿿]+")
_WORD = re.compile(r"[a-z0-9.]+|[一-鿿]+")
_SEPARATOR = r"[\s\-_/()（）]{0,2}"
_MAKERS = (
    "nvidia",
    "英伟达",
    "geforce",
    "tesla",
    "amd",
    "huawei",
    "华为",
    "google",
    "谷歌",
    "meta",
    "openai",
)


def key(name: str) -> str:
    """The form in which two spellings of one name are equal: letters, digits and CJK only, lower case, no maker.

    >>> key("NVIDIA H100-80GB") == key("h100 80gb")
    True
    """
    joined = "".join(piece.lower() for piece in _PIECE.findall(normalize("NFKC", name)) if piece != "的")
    while rest := next((joined.removeprefix(maker) for maker in _MAKERS if joined.startswith(maker)), ""):
        joined = rest
    return joined


def _unordered(name: str) -> str:
    """Like :func:`key`, but with the words sorted: ``H100 80GB SXM5`` and ``H100 SXM5 80GB`` are one device."""
    words: list[str] = _WORD.findall(normalize("NFKC", name).lower())
    return " ".join(sorted(word for word in words if word not in _MAKERS))


class AliasIndex:
    """Aliases of a table's rows.

    Args:
        names: Row name to its aliases. When two rows claim one alias, the first row keeps it.
        joiner: Regular expression of what may stand between the pieces of a name in running text.
        not_before: Regular expression that must not follow a name in running text.
    """

    def __init__(
        self, names: Mapping[str, Iterable[str]], *, joiner: str = _SEPARATOR, not_before: str = r"(?!)"
    ) -> None:
        self._rows: dict[str, str] = {}
        self._unordered: dict[str, str] = {}
        spellings: dict[str, None] = {}
        for name in names:
            self._rows.setdefault(key(name), name)
            spellings[name] = None
        for name, aliases in names.items():
            for alias in aliases:
                self._rows.setdefault(key(alias), name)
                self._unordered.setdefault(_unordered(alias), name)
                spellings[alias] = None
        patterns = sorted(
            {_pattern(spelling, joiner) for spelling in spellings} - {""}, key=len, reverse=True
        )
        # One alternation of literals, longest first; no nested repetition, so the time is linear in the text.
        self._finder = re.compile(rf"(?:{'|'.join(patterns)})(?=s?(?![A-Za-z0-9]))(?!\.\d)", re.IGNORECASE)
        self._not_before = re.compile(not_before, re.IGNORECASE)

    def exact(self, name: str) -> str | None:
        """The row called ``name`` in any spelling."""
        return self._rows.get(key(name)) or self._unordered.get(_unordered(name))

    def near(self, name: str, *, count: int = 5) -> list[str]:
        """Rows whose names look like ``name``, best first."""
        wanted = key(name)
        close = get_close_matches(wanted, self._rows, n=count * 3, cutoff=0.55)
        starts = [spelling for spelling in self._rows if wanted and spelling.startswith(wanted)]
        return list(dict.fromkeys(self._rows[spelling] for spelling in [*starts, *close]))[:count]

    def find(self, text: str) -> list[Candidate]:
        """Every name in ``text``, in order, with its span."""
        found: list[Candidate] = []
        for match in self._finder.finditer(text):
            start, end = match.span()
            if _inside_word(text, start) or self._not_before.match(text, end):
                continue
            row = self.exact(match.group())
            if row is not None:
                exact = row.casefold() == match.group().casefold()
                found.append(
                    Candidate(
                        row, match.group(), start, end, 1.0 if exact else 0.95, "name" if exact else "alias"
                    )
                )
        return found


def _pattern(spelling: str, joiner: str) -> str:
    pieces: list[str] = _PIECE.findall(spelling)
    # A bare number ("4090") is too common in running text to be a name.
    return "" if len(pieces) < 2 and spelling.isdigit() else joiner.join(re.escape(piece) for piece in pieces)


def _inside_word(text: str, start: int) -> bool:
    """Whether a name at ``start`` continues a Latin word or number; ``8xH100`` does not."""
    before = text[start - 1] if start else " "
    if not (before.isascii() and before.isalnum()):
        return False
    return not (before in "xX" and start > 1 and text[start - 2].isdigit())
