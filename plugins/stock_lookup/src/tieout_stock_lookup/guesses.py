"""Guesses for what is no code and no known name: pinyin, initials, parts of names, typing errors.

Everything here is ``ranked`` or ``ambiguous``. The rules are strict, because a name that is no listed company must
come out as nothing: a wrong company is worse than a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tieout_stock_lookup.directory import Directory, Instrument, NameEntry
from tieout_stock_lookup.names import (
    company_core,
    core_key,
    deletions,
    distinctive_length,
    name_key,
    one_swap_apart,
    sound_key,
    spellings,
)
from tieout_stock_lookup.resolution import Match, MatchKind, Resolution

__all__ = ["guess"]

_PLACES = re.compile(
    r"^(?:中国|北京|上海|深圳市?|广州|杭州|南京|苏州|无锡|成都|武汉|西安|合肥|天津|重庆|长沙|厦门|青岛|济南|宁波|"
    r"(?:浙江|江苏|广东|山东|四川|湖北|湖南|河南|河北|安徽|福建|江西|陕西|山西|云南|贵州|海南|辽宁|吉林)省?)市?"
)
_MOST_PARTS = 12
# 83 lets one wrong letter of six pass (nvidea), and not one of five.
_LATIN_LIKENESS = 83.0
_PINYIN_LIKENESS = 90.0


class _Guess(NamedTuple):
    entry: NameEntry
    kind: MatchKind
    score: float


def guess(known: Directory, text: str, limit: int) -> Resolution | None:
    """The best guesses for a text that names nothing exactly, or ``None``."""
    key = core_key(name_key(text))
    if len(key) < 2 or key in known.common_words or key.isdigit():
        return None
    if key.isascii():
        return _latin(known, text, key, limit)
    return (
        _full_company_name(known, text, key) or _parts(known, text, key) or _misspelt(known, text, key, limit)
    )


def _latin(known: Directory, text: str, key: str, limit: int) -> Resolution | None:
    key = re.sub(r"[^a-z0-9]", "", key)
    if len(key) < 2:
        return None
    if short_form := known.ambiguous_pinyin.get(key):
        shares = filter(None, (known.get(symbol) for symbol in known.ambiguous[short_form]))
        matches = tuple(Match(share, "pinyin", 0.8 - 0.01 * i, short_form) for i, share in enumerate(shares))
        return Resolution(text, "ambiguous", matches)
    if key in known.pinyin:
        return _ranked(text, (_Guess(entry, "pinyin", 0.85) for entry in known.pinyin[key]), limit)
    if len(key) <= 5 and key in known.initials:
        shares = sorted(known.initials[key], key=lambda s: (s.status == "gone", s.source is None, s.symbol))
        named = (_Guess(NameEntry("name", share.name, share), "initials", 0.6) for share in shares)
        return _ranked(text, named, limit)
    return _latin_typo(known, text, key, limit)


def _latin_typo(known: Directory, text: str, key: str, limit: int) -> Resolution | None:
    swapped = [name for name in known.latin_names if one_swap_apart(name, key)]
    if swapped:
        return _ranked(
            text, (_Guess(entry, "swap", 0.75) for name in swapped for entry in known.names[name]), limit
        )
    if len(key) < 5:
        return None
    from rapidfuzz import fuzz, process

    near = process.extract(key, known.latin_names, scorer=fuzz.ratio, score_cutoff=_LATIN_LIKENESS, limit=3)
    if near:
        found = [(entry, score) for name, score, _ in near for entry in known.names[name]]
        return _ranked(text, (_Guess(entry, "typo", 0.7 * score / 100) for entry, score in found), limit)
    if len(key) < 8:
        return None
    near = process.extract(key, list(known.pinyin), scorer=fuzz.ratio, score_cutoff=_PINYIN_LIKENESS, limit=3)
    found = [(entry, score) for name, score, _ in near for entry in known.pinyin[name]]
    return _ranked(text, (_Guess(entry, "typo", 0.6 * score / 100) for entry, score in found), limit)


def _full_company_name(known: Directory, text: str, key: str) -> Resolution | None:
    """``北京金山办公软件股份有限公司``: the short name is inside, or its two halves are (浪潮电子信息…)."""
    company = company_core(key)
    if company == key or len(company) < 4:
        return None
    inner = _PLACES.sub("", company)
    inside = [name for name in _substrings(inner) if name in known.names and name not in known.common_words]
    # A short name of two characters (an everyday name) counts only where the company's own name begins with it.
    inside = [name for name in inside if len(name) >= 3 or (inner.startswith(name) and len(name) == 2)]
    if inside:
        longest = max(inside, key=lambda name: (inner.startswith(name), len(name)))
        return _ranked(text, (_Guess(entry, "company", 0.85) for entry in known.names[longest]), 3)
    halves = [
        entries[0]
        for name, entries in known.names.items()
        if len(name) == 4
        and inner.startswith(name[:2])
        and name[2:] in inner[2:]
        and entries[0].kind == "name"
    ]
    return _ranked(text, (_Guess(entry, "company", 0.7) for entry in halves), 3) if len(halves) == 1 else None


def _substrings(text: str) -> Iterable[str]:
    return (text[i:j] for i in range(len(text)) for j in range(i + 2, min(len(text), i + 8) + 1))


def _parts(known: Directory, text: str, key: str) -> Resolution | None:
    if not distinctive_length(key):
        return None
    whole = [
        entry
        for name, entries in known.names.items()
        if key in name
        for entry in entries[:1]
        if entry.kind in ("name", "former") and entry.instrument.status != "gone"
    ]
    by_share = {entry.instrument.symbol: entry for entry in whole}
    if not by_share or len(by_share) > _MOST_PARTS:
        return None
    ordered = sorted(by_share.values(), key=lambda e: (not e.text.lower().startswith(key), e.order))
    matches = tuple(Match(e.instrument, "part", 0.6 - 0.01 * i, e.text) for i, e in enumerate(ordered))
    return Resolution(text, "ranked" if len(_companies(ordered)) == 1 else "ambiguous", matches)


def _companies(entries: Iterable[NameEntry]) -> set[frozenset[str]]:
    return {frozenset({e.instrument.symbol, *e.instrument.siblings}) for e in entries}


def _misspelt(known: Directory, text: str, key: str, limit: int) -> Resolution | None:
    company = company_core(key)
    sounds = list(spellings(company, known.readings)) if len(company) >= 2 else []
    found: list[_Guess] = []
    for pinyin in sounds:
        found += [_Guess(entry, "sound", 0.8) for entry in known.pinyin.get(pinyin, ())]
    if len(company) >= 3:
        for pinyin in sounds:
            found += [_Guess(entry, "near-sound", 0.7) for entry in known.sounds.get(sound_key(pinyin), ())]
        found += _misprints(known, company)
    found = [item for item in found if item.entry.instrument.status != "gone" or item.score >= 0.8]
    return _ranked(text, found, limit)


def _misprints(known: Directory, key: str) -> list[_Guess]:
    """Names that differ by two exchanged characters, or by one character of at least three that are not general."""
    near: set[str] = set()
    for shorter in {key, *deletions(key)}:
        near |= known.neighbours.get(shorter, set())
        if shorter in known.names and len(shorter) >= 3:
            near.add(shorter)
    found: list[_Guess] = []
    for name in sorted(near):
        if one_swap_apart(name, key):
            found += [_Guess(entry, "swap", 0.75) for entry in known.names[name]]
        elif _one_character(name, key) and _long_enough(name, key):
            found += [_Guess(entry, "typo", 0.65) for entry in known.names[name]]
    return found


def _long_enough(name: str, key: str) -> bool:
    if min(distinctive_length(name), distinctive_length(key)) < 3:
        return False
    return min(len(name), len(key)) >= 4 or len(name) == len(key) + 1 == 4


def _one_character(first: str, second: str) -> bool:
    if len(first) == len(second):
        return sum(a != b for a, b in zip(first, second, strict=True)) == 1
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    return len(longer) == len(shorter) + 1 and shorter in set(deletions(longer))


def _ranked(text: str, found: Iterable[_Guess], limit: int) -> Resolution | None:
    best: dict[str, Match] = {}
    shares: dict[str, Instrument] = {}
    for entry, kind, score in found:
        share = entry.instrument
        score -= 0.2 if share.status == "gone" else 0.05 if entry.kind == "former" else 0.0
        if share.symbol not in best or best[share.symbol].score < score:
            best[share.symbol] = Match(share, kind, score, entry.text)
            shares[share.symbol] = share
    if not best:
        return None
    order = {"HK": 1, "US": 2}
    matches = sorted(
        best.values(), key=lambda m: (-m.score, order.get(m.instrument.market, 0), m.instrument.symbol)
    )
    return Resolution(text, "ranked", tuple(matches[:limit]))
