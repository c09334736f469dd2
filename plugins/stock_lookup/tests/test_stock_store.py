"""The price store."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tieout.errors import StoreError
from tieout_stock_lookup import PriceStore


def test_what_was_stored_is_read_back(tmp_path: Path, make_series) -> None:
    store = PriceStore(tmp_path)
    series = make_series({"2025-01-02": (10.0, 5.0), "2025-01-03": (11.0, 5.5)})
    assert store.replace(series) == 0
    assert PriceStore(tmp_path).read("600519.SH") == series
    assert store.symbols() == ["600519.SH"]


def test_a_second_import_replaces_and_never_joins(tmp_path: Path, make_series) -> None:
    store = PriceStore(tmp_path)
    store.replace(make_series({"2025-01-02": 10.0, "2025-01-03": 11.0}))
    assert store.replace(make_series({"2026-01-05": 12.0})) == 2
    found = store.read("600519.SH")
    assert found is not None
    assert [bar.day for bar in found.bars] == [date(2026, 1, 5)]


def test_nothing_stored_is_nothing_and_makes_no_file(tmp_path: Path) -> None:
    store = PriceStore(tmp_path)
    assert store.read("600519.SH") is None
    assert store.symbols() == []
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_reported_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "prices.sqlite3").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError) as caught:
        PriceStore(tmp_path).read("600519.SH")
    assert "delete" in caught.value.hint
