"""The offline directory: every share and index known without a network, and the indexes over their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from tieout.text import to_simplified
from tieout_stock_lookup.names import core_key, deletions, name_key, sound_key, spellings

__all__ = [
    "Directory",
    "DirectorySource",
    "Instrument",
    "NameEntry",
    "Status",
    "company_keys",
]

Status = Literal["listed", "gone", "unknown"]
NameKind = Literal["name", "core", "english", "alias", "former"]

_KIND_ORDER: dict[str, int] = {"name": 0, "core": 0, "english": 1, "alias": 1, "former": 2}
_DROPPED = str.maketrans("", "", " *·.,&'’\"_()/:!?")  # what name_key leaves out, as far as names have it
_MARKET_ORDER = {"SH": 0, "SZ": 0, "BJ": 0, "INDEX": 0, "HK": 1, "US": 2}


@dataclass(frozen=True)
class DirectorySource:
    """Where facts about an instrument come from, and how old they are."""

    name: str
    as_of: date
    package: str = ""
    licence: str = ""
    sha256: str = ""
    valid_until: date | None = None


class Instrument(NamedTuple):
    """A listed share or an index. A NamedTuple, because 6,000 of them are made at start-up (7 ms)."""

    symbol: str
    """Canonical: ``688111.SH``, ``00700.HK``, ``NVDA.US``, ``HSI.INDEX``."""
    name: str
    """Short name as the exchange lists it; for US shares the usual Chinese name."""
    english: str = ""
    former: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    listed: str = ""
    """First trading day, ISO; empty when the source does not say."""
    pinyin: str = ""
    """Toneless, in one word."""
    initials: str = ""
    status: Status = "listed"
    """gone: not on the newest list any more. unknown: no newer list covers its market."""
    kind: Literal["equity", "index"] = "equity"
    source: DirectorySource | None = None
    siblings: tuple[str, ...] = ()
    """Symbols of the same company on other exchanges."""
    chosen: bool = True
    """False for a row of a long list, as that of Hong Kong: it answers to its whole names and its full symbol,
    and neither to its ticker alone nor to anything like its name."""

    @property
    def market(self) -> str:
        """SH, SZ, BJ, HK, US or INDEX."""
        return self.symbol.rpartition(".")[2]

    @property
    def code(self) -> str:
        """The symbol without its market."""
        return self.symbol.rpartition(".")[0]


class NameEntry(NamedTuple):
    """One way an instrument is called."""

    kind: NameKind
    text: str
    instrument: Instrument

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Sorts listed before gone, names before former names, and A before H before US."""
        share = self.instrument
        return (
            share.status == "gone",
            _KIND_ORDER[self.kind],
            _MARKET_ORDER.get(share.market, 3),
            share.symbol,
        )


class Directory:
    """Instruments with indexes over codes, names, pinyin and sounds. Immutable; the indexes are built when needed."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        *,
        ambiguous: Mapping[str, Sequence[str]] | None = None,
        alternative_codes: Mapping[str, str] | None = None,
        readings: Mapping[str, str] | None = None,
        common_words: Iterable[str] = (),
    ) -> None:
        self.by_symbol: dict[str, Instrument] = {}
        for instrument in instruments:
            self.by_symbol.setdefault(instrument.symbol, instrument)
        self.ambiguous = {name_key(text): tuple(symbols) for text, symbols in (ambiguous or {}).items()}
        """Short forms that mean several companies (平安), with the likeliest first."""
        self.alternative_codes = dict(alternative_codes or {})
        self.common_words = frozenset(name_key(word) for word in common_words)
        """Names that are ordinary words as well (机器人), as keys."""
        self._readings = readings

    def __len__(self) -> int:
        return len(self.by_symbol)

    def get(self, symbol: str) -> Instrument | None:
        """The instrument of a canonical symbol, second codes of indices included."""
        return self.by_symbol.get(self.alternative_codes.get(symbol, symbol))

    @cached_property
    def names(self) -> dict[str, list[NameEntry]]:
        """Key of every name, alias and former name to what it may mean, best first."""
        found: defaultdict[str, list[NameEntry]] = defaultdict(list)
        for share in self.by_symbol.values():
            for key, entry in _name_entries(share):
                found[key].append(entry)
        for entries in found.values():
            if len(entries) > 1:
                entries.sort(key=lambda entry: entry.order)
                _prefer_home_listing(entries)
        return dict(found)

    @cached_property
    def readings(self) -> Mapping[str, str]:
        """Characters of GB 2312 with their toneless readings."""
        from tieout_stock_lookup.shipped import read_readings

        return read_readings() if self._readings is None else self._readings

    @cached_property
    def pinyin(self) -> dict[str, list[NameEntry]]:
        """Full pinyin to names, aliases of two and more Chinese characters included."""
        found: defaultdict[str, list[NameEntry]] = defaultdict(list)
        for share in self._chosen:
            if share.pinyin:
                found[share.pinyin].append(NameEntry("name", share.name, share))
            core = core_key(_quick_key(share.name))
            others = [*share.aliases, *share.former] if share.pinyin else [share.name, *share.aliases]
            for text in [*others, core]:
                key = core_key(_quick_key(text))
                if len(key) >= 2 and not key.isascii():
                    for spelling in spellings(key, self.readings, limit=4):
                        found[spelling].append(NameEntry("alias" if text != core else "name", text, share))
        return dict(found)

    @cached_property
    def ambiguous_pinyin(self) -> dict[str, str]:
        """Pinyin of the ambiguous short forms to their keys."""
        chinese = [key for key in self.ambiguous if not key.isascii()]
        return {spelling: key for key in chinese for spelling in spellings(key, self.readings, limit=1)}

    @cached_property
    def sounds(self) -> dict[str, list[NameEntry]]:
        """Pinyin with confused initials and finals made one, to names."""
        found: defaultdict[str, list[NameEntry]] = defaultdict(list)
        for pinyin, entries in self.pinyin.items():
            found[sound_key(pinyin)] += entries
        return dict(found)

    @cached_property
    def initials(self) -> dict[str, list[Instrument]]:
        """Pinyin initials to instruments, in the order of their symbols."""
        found: defaultdict[str, list[Instrument]] = defaultdict(list)
        for share in self._chosen:
            initials = share.initials or self._initials_of(core_key(_quick_key(share.name)))
            for key in {initials, initials.removesuffix("a")} if share.name.endswith("A") else {initials}:
                if len(key) >= 2:
                    found[key].append(share)
        return dict(found)

    def _initials_of(self, key: str) -> str:
        letters = [char if char.isascii() else self.readings.get(char, " ")[0] for char in key]
        return "" if " " in letters or key.isascii() else "".join(letters)

    @cached_property
    def neighbours(self) -> dict[str, set[str]]:
        """A name's key with one character left out, to the keys it may have been; for typing errors."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for key, entries in self.names.items():
            if len(key) >= 3 and not key.isascii() and any(entry.instrument.chosen for entry in entries):
                for shorter in deletions(key):
                    found[shorter].add(key)
        return dict(found)

    @cached_property
    def latin_names(self) -> list[str]:
        """Keys of names in Latin letters with five letters and more; of 7,500 in the lists one is like any word."""
        return [
            key
            for key, entries in self.names.items()
            if len(key) >= 5
            and key.isascii()
            and not key.isdigit()
            and any(e.kind != "english" for e in entries)
        ]

    @cached_property
    def _chosen(self) -> list[Instrument]:
        return [share for share in self.by_symbol.values() if share.chosen]


def _prefer_home_listing(entries: list[NameEntry]) -> None:
    """Put the A-share before the company's other listings, and Hong Kong before America, whatever name matched."""
    first = entries[0].instrument
    same = [e for e in entries if e.instrument.symbol in first.siblings and e.kind != "former"]
    best = min([entries[0], *same], key=lambda e: _MARKET_ORDER.get(e.instrument.market, 3))
    entries.remove(best)
    entries.insert(0, best)


def _quick_key(name: str) -> str:
    # Names of the directory are NFKC already, so the offset runs of name_key (10 µs a name) are not needed.
    return to_simplified(name.lower()).translate(_DROPPED)


def _name_entries(share: Instrument) -> Iterable[tuple[str, NameEntry]]:
    seen: set[str] = set()
    # A row of a long list may have its English name only.
    only_english = not share.chosen and share.name == share.english
    texts: list[tuple[NameKind, str]] = [] if only_english else [("name", share.name)]
    if share.english:
        by_hand = share.chosen and share.market not in ("SH", "SZ", "BJ")
        texts.append(("name" if by_hand else "english", share.english))
    if share.market == "US" and share.chosen:
        texts.append(("name", share.code))
    texts.extend(("alias", text) for text in share.aliases)
    texts.extend(("former", text) for text in share.former)
    for kind, text in texts:
        key = _quick_key(text)
        if key and key not in seen:
            seen.add(key)
            yield key, NameEntry(kind, text, share)
        core = core_key(key)
        if core and core not in seen:
            seen.add(core)
            yield core, NameEntry("core" if kind == "name" else kind, text, share)


def company_keys(*names: str) -> list[str]:
    """By what the listings of one company are known for one: a whole name, without the exchange's marks."""
    return [key for name in names if len(key := core_key(_quick_key(name))) >= 4]
