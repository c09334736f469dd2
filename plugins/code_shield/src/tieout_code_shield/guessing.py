"""Which language a text is in when nobody says, or when what is said may be wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tieout_code_shield.languages import Language, language_of_tag

if TYPE_CHECKING:
    from tieout_code_shield.limits import Clock

__all__ = [
    "CLEARLY",
    "clearly_other",
    "guess",
    "is_marks",
    "likely",
    "looks_like_code",
    "related",
    "scores",
    "tried",
]

GUESS_CHARACTERS: Final = 4_000
GRAMMAR_CHARACTERS: Final = 600
CLEARLY: Final = 5
"""How much more a text must look like another language than like the one it is said to be, to be scanned as both."""
SLIGHTLY: Final = 3
"""The same for a text that does not look at all like the language it is said to be in."""
AT_HOME: Final = 8
"""A text that looks this much like the language it is said to be in is not asked whether it is in another one."""
MAX_TRIED: Final = 3
"""Languages that a text is scanned in when nothing tells which one it is."""

_CODE: Final = re.compile(
    r"\w[\w.:>$-]{0,60}\(|[\w\])'\"][ \t]{0,9}[:.+]?=[ \t]{0,9}\S|^[ \t]*\$[ \t]|[;{}][ \t]*$", re.M
)
MAX_PARTS: Final = 64
"""Parts of a long text that are guessed; of more, so many evenly spread."""
_COMMENT: Final = re.compile(r"[ \t]*(?:#(?: |$)|//|/?\*+(?: |$)|--|;;|%%? |<!--)")
_TELLING: Final = re.compile(
    r"\w[\w.:>$-]{0,60}\(|[\w\])'\"][ \t]{0,9}[:.+]?=[ \t]{0,9}\S|[ \t]*\$[ \t]|[;{}][ \t]*$|[$@][\w{(]|=>|->|::"
    r"|\b(?:import|from|use|using|package|require|include|def|class|func|function|module|end|then)\b"
)
_MARKS: Final = frozenset("()[]{}<>$@%&\\;=#")
_MARKED: Final = 0.4
"""A text that is marks of code to this share (of its characters, at least eight) is none in words."""
_PARTS: Final[Mapping[str, str]] = {"cpp": "c", "typescript": "javascript"}
"""A language, and the one that it holds."""
_OF_THE_WHOLE: Final = 3
"""A text that looks so much like the first is in it, so that what speaks for the second speaks for it as well."""
_FAMILIES: Final = (frozenset({"c", "cpp"}), frozenset({"javascript", "typescript", "tsx"}))


_Signal = tuple[tuple[str, ...], Callable[[str], object] | None, int]
"""Words, the search of its expression, and how much it counts."""


@cache
def _signals() -> dict[str, tuple[_Signal, ...]]:
    """The table in ``signals.toml`` by language, what counts most first, compiled on first use (10 ms)."""
    table: Mapping[str, Iterable[tuple[str, str, int]]] = tomllib.loads(
        Path(__file__).with_name("signals.toml").read_text("utf-8")
    )
    return {
        language: tuple(
            (_words(words), re.compile(pattern, re.M).search if pattern else None, weight)
            for words, pattern, weight in sorted(rows, key=lambda row: -row[2])
        )
        for language, rows in table.items()
    }


def _words(listed: str) -> tuple[str, ...]:
    return ("|",) if listed == "|" else tuple(word for word in listed.split("|") if word)


def _score(text: str, signals: Iterable[_Signal]) -> int:
    total = 0
    for words, search, weight in signals:
        if _has_one(text, words) and (search is None or search(text)):
            total += weight
    return total


def scores(code: str) -> dict[str, int]:
    """How much a text looks like each language; languages that nothing speaks for are left out."""
    return _scores(code[:GUESS_CHARACTERS], _signals())


def _scores(text: str, languages: Iterable[str]) -> dict[str, int]:
    """Those of some languages, which hold the part of each that has one."""
    own = {language: _score(text, _signals().get(language, ())) for language in languages}
    return {
        language: score + (own[_PARTS[language]] if language in _PARTS and score >= _OF_THE_WHOLE else 0)
        for language, score in own.items()
        if score
    }


def guess(code: str) -> Language | None:
    """The language of a text nobody named; ``None`` when it does not look like code.

    Signals decide; where they are even, the grammar that makes more sense of the text does.
    """
    return tried(code)[0] if looks_like_code(code) else None


def looks_like_code(code: str) -> bool:
    """Whether anything in a text speaks for code."""
    return any(_speaks_for_code(part) for part in _parts(code))


def likely(code: str, clock: Clock | None = None) -> list[Language]:
    """The languages to scan a text in that nobody named, likeliest first; none for one that looks like no code.

    Raises:
        OutOfTime: The clock's time is up.
    """
    parts = _parts(code)
    return _tried(parts, clock) if any(_speaks_for_code(part) for part in parts) else []


def is_marks(code: str) -> bool:
    """Whether a text is made of what code is made of rather than of words."""
    seen = "".join(code[:GUESS_CHARACTERS].split())
    marks = sum(character in _MARKS for character in seen)
    return marks >= 8 and marks >= _MARKED * len(seen)


def _speaks_for_code(part: str) -> bool:
    return bool(_CODE.search(part)) or max(scores(part).values(), default=0) > 1


def _parts(code: str) -> list[str]:
    """A short text whole. Of a longer one the lines that tell a language, each once, in parts that can be guessed:
    however much is put before, between or behind them, none is out of sight."""
    if len(code) <= GUESS_CHARACTERS:
        return [code]
    lines = [line for line in dict.fromkeys(code.split("\n")) if line.strip() and not _COMMENT.match(line)]
    lines = [line for line in lines if len(line) > 400 or _TELLING.search(line)] or lines
    parts: list[str] = [""]
    for line in lines:
        short = line if len(line) <= 400 else re.sub(r"[ \t]{2,}", " ", line)
        for start in range(0, len(short), GUESS_CHARACTERS):
            if len(parts[-1]) + min(len(short) - start, GUESS_CHARACTERS) >= GUESS_CHARACTERS and parts[-1]:
                parts.append("")
            parts[-1] += short[start : start + GUESS_CHARACTERS] + "\n"
    return [*parts[: -1 : len(parts) // MAX_PARTS + 1], parts[-1]]


def _is_code(code: str, found: Mapping[str, int]) -> bool:
    return max(found.values(), default=0) > 1 or bool(_CODE.search(code[:GUESS_CHARACTERS]))


def related(first: str, second: str) -> bool:
    """Whether two languages share so much that one's rules read the other's code."""
    return first == second or any(first in family and second in family for family in _FAMILIES)


def clearly_other(code: str, named: Language, margin: int = CLEARLY) -> Language | None:
    """The language that a text looks much more like than like the one it is said to be in; ``None`` without one."""
    text, signals = code[:GUESS_CHARACTERS], _signals()
    own = _score(text, signals.get(named.name, ()))
    if margin == CLEARLY:
        if own >= AT_HOME:
            return None
        margin = CLEARLY if own else SLIGHTLY
    kin = _scores(text, (language for language in signals if related(language, named.name)))
    least = max(kin.get(named.name, 0) + margin, *kin.values(), 0)
    if not _outdone(text, named, least):
        return None
    seen = scores(code)
    most = max(seen, key=lambda name: seen[name], default="")
    if not most or related(most, named.name) or seen[most] - seen.get(named.name, 0) < margin:
        return None
    other = _likeliest(code, seen)[0] if _is_code(code, seen) else None
    return other if other is not None and not related(other.name, named.name) else None


def _outdone(text: str, named: Language, least: int) -> bool:
    """Whether a text may score ``least`` as a language that is not related to the named one."""
    signals = _signals()
    return any(
        _adds_up(text, (*signals[language], *signals.get(_PARTS.get(language, ""), ())), least)
        for language in signals
        if not related(language, named.name)
    )


def _adds_up(text: str, signals: Sequence[_Signal], least: int) -> bool:
    """Whether a text scores ``least``: given up as soon as what is left cannot reach it, and words come before
    expressions, so that most expressions are never tried."""
    spare = sum(weight for _, _, weight in signals) - least
    speaking: list[_Signal] = []
    for signal in signals:
        if _has_one(text, signal[0]):
            speaking.append(signal)
            continue
        spare -= signal[2]
        if spare < 0:
            return False
    for _, search, weight in speaking:
        if search is not None and not search(text):
            spare -= weight
            if spare < 0:
                return False
    return spare >= 0


def _has_one(text: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - a generator costs as much as the search
        if word in text:
            return True
    return False


def tried(code: str) -> list[Language]:
    """The languages to scan a text in that nobody named, likeliest first; one where it is clear."""
    return _tried(_parts(code), None)


def _tried(parts: Sequence[str], clock: Clock | None) -> list[Language]:
    """The language of the first part that tells one, and those that other parts clearly are in."""
    found: list[Language] = []
    weak, most = parts[0], -1
    for part in parts:
        if clock is not None:
            clock.check()
        if found:
            other = clearly_other(part, found[0]) if len(found) < MAX_TRIED else None
            found += [other] if other is not None and other not in found else []
            continue
        seen = scores(part)
        best = max(seen.values(), default=0)
        if best >= _TOLD:
            found = _likeliest(part, seen)
        elif best > most:
            weak, most = part, best
    return found or _likeliest(weak, scores(weak))


def _likeliest(code: str, found: Mapping[str, int]) -> list[Language]:
    best = max(found.values(), default=0)
    if best >= _TOLD:
        even = [name for name, score in found.items() if score >= best - (best >= 8) - 1]
        names = _by_grammar(code, even)[:1] if len(even) > 1 else even
    else:
        best_two = sorted(found, key=lambda name: -found[name])[:2]
        names = _by_grammar(code, list(dict.fromkeys((*best_two, *_USUAL))))[:MAX_TRIED]
        if best <= 1:
            # Next to nothing speaks for any of them: the one that most such snippets are in goes first.
            share = _shares(code, names)
            least = min(share.values())
            usual = [name for name in _USUAL if name in names and share[name] <= least]
            names = list(dict.fromkeys((*usual, *names)))
    return [language for name in names if (language := language_of_tag(name)) is not None]


_TOLD: Final = 3
"""A text that looks this much like a language is in one that is told."""
_USUAL: Final = ("python", "javascript", "shell", "php", "java", "ruby")


def _by_grammar(code: str, names: list[str]) -> list[str]:
    """Languages in the order in which their grammars make sense of a text."""
    share = _shares(code, names)
    return sorted(names, key=lambda name: share[name])


def _shares(code: str, names: Iterable[str]) -> dict[str, float]:
    """How much of a text is in error as each language."""
    from tieout_code_shield.syntax import error_share

    text = code[:GRAMMAR_CHARACTERS]
    share: dict[str, float] = {}
    for name in names:
        language = language_of_tag(name)
        share[name] = (
            error_share(text, language.grammar) if language is not None and language.grammar else 0.5
        )
    return share
