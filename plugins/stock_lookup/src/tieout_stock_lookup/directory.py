"""The offline directory: every share and index known without a network, and the indexes over their names."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal, NamedTuple

from tieout.text import to_simplified
from tieout_stock_lookup.names import core_key, deletions, name_key, sound_key, spellings

__all__ = [
    "Directory",
    "DirectorySource",
    "Instrument",
    "NameEntry",
    "Status",
    "default_directory",
    "load_directory",
]

Status = Literal["listed", "gone", "unknown"]
NameKind = Literal["name", "core", "alias", "former"]

_DATA = "tieout_stock_lookup"
_KIND_ORDER: dict[str, int] = {"name": 0, "core": 0, "alias": 1, "former": 2}
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
        return _read_readings() if self._readings is None else self._readings

    @cached_property
    def pinyin(self) -> dict[str, list[NameEntry]]:
        """Full pinyin to names, aliases of two and more Chinese characters included."""
        found: defaultdict[str, list[NameEntry]] = defaultdict(list)
        for share in self.by_symbol.values():
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
        for share in self.by_symbol.values():
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
        for key in self.names:
            if len(key) >= 3 and not key.isascii():
                for shorter in deletions(key):
                    found[shorter].add(key)
        return dict(found)

    @cached_property
    def latin_names(self) -> list[str]:
        """Keys of names in Latin letters with five letters and more."""
        return [key for key in self.names if len(key) >= 5 and key.isascii() and not key.isdigit()]


def _prefer_home_listing(entries: list[NameEntry]) -> None:
    """Put the A-share before the company's other listings, and Hong Kong before America, whatever name matched."""
    first = entries[0].instrument
    same = [e for e in entries if e.instrument.symbol in first.siblings and e.kind != "former"]
    best = min([entries[0], *same], key=lambda e: _MARKET_ORDER.get(e.instrument.market, 3))
    entries.remove(best)
    entries.insert(0, best)


def _quick_key(name: str) -> str:
    # Names of the directory are NFKC already, so the offset runs of name_key (10 µs a name) are not needed.
    return (
        to_simplified(name.lower())
        .replace(" ", "")
        .replace("*", "")
        .replace("·", "")
        .replace(".", "")
        .replace("&", "")
    )


def _name_entries(share: Instrument) -> Iterable[tuple[str, NameEntry]]:
    seen: set[str] = set()
    texts: list[tuple[NameKind, str]] = [("name", share.name)]
    if share.english:
        texts.append(("name", share.english))
    if share.market == "US":
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


def _data(name: str) -> bytes:
    return resources.files(_DATA).joinpath("data", name).read_bytes()


def _json(name: str) -> dict[str, Any]:
    return json.loads(_data(name))


@cache
def _read_readings() -> Mapping[str, str]:
    return json.loads(gzip.decompress(_data("readings.json.gz")))


def _source(head: Mapping[str, Any]) -> DirectorySource:
    until = head.get("valid_until")
    return DirectorySource(
        head["name"],
        date.fromisoformat(head["as_of"]),
        head.get("package", ""),
        head.get("licence", ""),
        head.get("sha256", ""),
        date.fromisoformat(until) if until else None,
    )


def _sibling_table(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if other := row.get("sibling"):
            found[row["symbol"]].append(other)
            found[other].append(row["symbol"])
    return {symbol: tuple(others) for symbol, others in found.items()}


def load_directory(extra: Iterable[Instrument] = ()) -> Directory:
    """Read the directory that ships with this package.

    Args:
        extra: Instruments of other packages; a symbol that the shipped directory has stays as it is.
    """
    others, indices, called = _json("hk_us.json"), _json("indices.json"), _json("aliases.json")
    siblings = _sibling_table(others["rows"])
    found = [
        *_mainland({row["symbol"]: row for row in called["rows"]}, siblings),
        *_written_by_hand(others, siblings),
        *_indices(indices),
        *extra,
    ]
    return Directory(
        found,
        ambiguous=called["ambiguous"],
        alternative_codes={code: row["symbol"] for row in indices["rows"] for code in row.get("codes", ())},
        common_words=_json("common_words.json")["words"],
    )


def _mainland(
    called: Mapping[str, Mapping[str, Any]], siblings: Mapping[str, tuple[str, ...]]
) -> Iterable[Instrument]:
    header, *rows = json.loads(
        "[" + ",".join(gzip.decompress(_data("directory.jsonl.gz")).decode().split("\n")[:-1]) + "]"
    )
    sources = [_source(head) for head in header["sources"]]
    for symbol, name, former, listed, pinyin, initials, status, source in rows:
        more = called.get(symbol, {})
        yield Instrument(
            symbol, name, "", (*former, *more.get("former", ())), tuple(more.get("aliases", ())), listed, pinyin,
            initials, status, "equity", sources[source], siblings.get(symbol, ()),
        )  # fmt: skip


def _written_by_hand(
    table: Mapping[str, Any], siblings: Mapping[str, tuple[str, ...]]
) -> Iterable[Instrument]:
    source = _source(table)
    for row in table["rows"]:
        yield Instrument(
            row["symbol"], row["zh"], row["en"], (), tuple(row.get("aliases", ())),
            source=source, siblings=siblings.get(row["symbol"], ()),
        )  # fmt: skip


def _indices(table: Mapping[str, Any]) -> Iterable[Instrument]:
    source = _source(table)
    for row in table["rows"]:
        aliases = tuple(row.get("aliases", ()))
        yield Instrument(row["symbol"], row["zh"], row["en"], (), aliases, kind="index", source=source)


@cache
def default_directory() -> Directory:
    """The shipped directory with what installed packages add to it; read once."""
    from tieout_stock_lookup.provider_api import directory_instruments

    return load_directory(directory_instruments())
