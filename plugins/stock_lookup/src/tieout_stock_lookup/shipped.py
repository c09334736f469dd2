"""The directory that ships with this package: its tables, read and put together."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from tieout_stock_lookup.directory import Directory, DirectorySource, Instrument, company_keys

__all__ = ["default_directory", "english_names", "load_directory", "read_readings"]

_DATA = "tieout_stock_lookup"


def _data(name: str) -> bytes:
    return resources.files(_DATA).joinpath("data", name).read_bytes()


def _json(name: str) -> dict[str, Any]:
    return json.loads(_data(name))


@cache
def read_readings() -> Mapping[str, str]:
    """Each character of GB 2312 with its toneless readings, commonest first."""
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
    shares = [
        *_mainland({row["symbol"]: row for row in called["rows"]}, siblings),
        *_written_by_hand(others, siblings),
    ]
    found = [*_with_lists(shares), *_indices(indices), *extra]
    return Directory(
        found,
        ambiguous=called["ambiguous"],
        alternative_codes={code: row["symbol"] for row in indices["rows"] for code in row.get("codes", ())},
        common_words=_json("common_words.json")["words"],
    )


def _mainland(
    called: Mapping[str, Mapping[str, Any]], siblings: Mapping[str, tuple[str, ...]]
) -> Iterable[Instrument]:
    header, *rows = _lines("directory.jsonl.gz")
    sources = [_source(head) for head in header["sources"]]
    _header, *named = _lines("names.jsonl.gz")
    english: dict[str, str] = dict(named)
    for symbol, name, former, listed, pinyin, initials, status, source in rows:
        more = called.get(symbol, {})
        yield Instrument(
            symbol, name, english.get(symbol, ""), (*former, *more.get("former", ())), tuple(more.get("aliases", ())),
            listed, pinyin, initials, status, "equity", sources[source], siblings.get(symbol, ()),
        )  # fmt: skip


def _lines(name: str) -> list[Any]:
    """The rows of a table of JSON lines, its header first."""
    return json.loads("[" + ",".join(gzip.decompress(_data(name)).decode().split("\n")[:-1]) + "]")


def _with_lists(shares: Sequence[Instrument]) -> Iterable[Instrument]:
    """The shares with those of the list of Hong Kong; a company on several exchanges knows it."""
    header, *rows = _lines("abroad.jsonl.gz")
    source = _source(header["sources"][0])
    known = {share.symbol for share in shares}
    by_name = {
        key: share.symbol
        for share in reversed(shares)
        for key in company_keys(share.name, share.english, *share.aliases)
    }
    others: defaultdict[str, list[str]] = defaultdict(list)
    english_of: dict[str, str] = {}  # the company list has a company on one exchange only
    added: list[Instrument] = []
    for symbol, english in rows:
        if symbol in known:
            continue
        home = next((by_name[key] for key in company_keys(english) if key in by_name), "")
        if home:
            others[home].append(symbol)
            english_of[home] = english
        siblings = (home,) if home else ()
        added.append(Instrument(symbol, english, english, source=source, siblings=siblings, chosen=False))
    for share in shares:
        more = others.get(share.symbol)
        if more is not None:
            english = share.english or english_of[share.symbol]
            share = share._replace(english=english, siblings=(*share.siblings, *more))
        yield share
    yield from added


def _written_by_hand(
    table: Mapping[str, Any], siblings: Mapping[str, tuple[str, ...]]
) -> Iterable[Instrument]:
    for row in table["rows"]:
        read = row.get("as_of", table["as_of"])  # a row newer than the table has its own date
        yield Instrument(
            row["symbol"], row["zh"], row["en"], tuple(row.get("former", ())), tuple(row.get("aliases", ())),
            source=_source({**table, "as_of": read}), siblings=siblings.get(row["symbol"], ()),
        )  # fmt: skip


def _indices(table: Mapping[str, Any]) -> Iterable[Instrument]:
    source = _source(table)
    for row in table["rows"]:
        aliases = tuple(row.get("aliases", ()))
        yield Instrument(row["symbol"], row["zh"], row["en"], (), aliases, kind="index", source=source)


def english_names() -> tuple[DirectorySource, int]:
    """The list that the English names of A-shares are from, with how many shares it names."""
    header, *rows = _lines("names.jsonl.gz")
    return _source(header["sources"][0]), len(rows)


@cache
def default_directory() -> Directory:
    """The shipped directory with what installed packages add to it; read once."""
    from tieout_stock_lookup.provider_api import directory_instruments

    return load_directory(directory_instruments())
