"""Normal forms of text that remember where each character came from."""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tieout.text._simplified import to_simplified


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of normalized text and the stretch of raw text that it came from."""

    start: int
    """Offset in the normalized text."""
    raw_start: int
    """Offset in the raw text."""
    length: int
    """Characters of normalized text."""
    raw_length: int
    """Characters of raw text."""
    atomic: bool = False
    """False: character i of one side is character i of the other (the lengths are equal). True: only the whole
    stretches correspond, as for ``㎡`` and ``m2``."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """Normalized text with its offset runs, which cover both texts from start to end without a gap."""

    text: str
    """The normalized text."""
    runs: tuple[Run, ...]
    """In order; ``run.start`` and ``run.raw_start`` both increase."""

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The raw offsets behind ``text[start:end]``: the shortest raw stretch that holds all of it.

        Raises ValueError when ``0 <= start <= end <= len(text)`` does not hold.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"span {start}:{end} is outside a text of {len(self.text)} characters")
        if not self.runs:
            return (0, 0)
        raw_start = self._raw_offset(start, upper=False)
        return (raw_start, raw_start if start == end else self._raw_offset(end, upper=True))

    def _raw_offset(self, offset: int, *, upper: bool) -> int:
        key = offset - 1 if upper else offset
        run = self.runs[max(0, bisect_right(self.runs, key, key=lambda run: run.start) - 1)]
        inside = offset - run.start
        if not run.atomic:
            return run.raw_start + inside
        # An offset inside an atomic run widens to its edge; one at its end is already there.
        return run.raw_start + (run.raw_length if upper or inside >= run.length else 0)


def nfkc(text: str) -> Normalized:
    """Unicode NFKC of ``text`` with offset runs (full-width digits become ASCII, ``㎡`` becomes ``m2``)."""
    if unicodedata.is_normalized("NFKC", text):
        return Normalized(text, (Run(0, 0, len(text), len(text)),) if text else ())
    return _by_segments(text, _to_nfkc)


def fold(text: str) -> Normalized:
    """The form in which texts are compared: NFKC, lower case and simplified characters, with offset runs.

    Lower case is taken character by character, so the result does not depend on what stands around a word.
    Folding a folded text changes nothing.
    """
    if text.isascii():
        return Normalized(text.lower(), (Run(0, 0, len(text), len(text)),) if text else ())
    return _by_segments(text, _to_folded)


def _to_nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _to_folded(text: str) -> str:
    lower = "".join([character.lower() for character in _to_nfkc(text)])
    # Lower case can be composable where upper case was not (J and a caron), hence NFKC once more.
    return to_simplified(_to_nfkc(lower))


def _by_segments(text: str, change: Callable[[str], str]) -> Normalized:
    """Apply ``change`` between the places that no normalization reaches across, and join the runs."""
    pieces: list[str] = []
    runs: list[Run] = []
    known: dict[str, str] = {}
    start = plain_start = plain_raw = 0
    for raw_start, raw_end in _segments(text):
        segment = text[raw_start:raw_end]
        changed = known.get(segment)
        if changed is None:
            changed = known[segment] = change(segment)
        pieces.append(changed)
        if len(segment) != 1 or len(changed) != 1:
            if start > plain_start:
                runs.append(Run(plain_start, plain_raw, start - plain_start, start - plain_start))
            runs.append(Run(start, raw_start, len(changed), len(segment), atomic=True))
            plain_start, plain_raw = start + len(changed), raw_end
        start += len(changed)
    if start > plain_start:
        runs.append(Run(plain_start, plain_raw, start - plain_start, start - plain_start))
    joined = "".join(pieces)
    if joined != (
        whole := change(text)
    ):  # a composition this Unicode version has and _segments does not know
        return Normalized(whole, (Run(0, 0, len(whole), len(text), atomic=True),))
    return Normalized(joined, tuple(runs))


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Spans of ``text`` that normalize independently: a starter and what may combine with it."""
    attaches: dict[str, bool] = {}
    begin = 0
    for index, character in enumerate(text):
        joined = attaches.get(character)
        if joined is None:
            joined = attaches[character] = _attaches(character)
        if not joined and index > begin:
            yield begin, index
            begin = index
    if text:
        yield begin, len(text)


def _attaches(character: str) -> bool:
    """Whether ``character`` may combine with, or be reordered against, what stands before it."""
    if character.isascii():
        return False
    first = unicodedata.normalize("NFKD", character)[0]
    return (
        unicodedata.combining(first) != 0
        or unicodedata.category(first).startswith("M")
        or "\u1160" <= first <= "\u11ff"  # Hangul vowels and finals
        or "\U00016d63" <= first <= "\U00016d6a"  # Kirat Rai vowels, letters that compose (Unicode 16)
    )
