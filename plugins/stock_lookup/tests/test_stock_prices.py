"""Price files, good and bad."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout_stock_lookup import parse_prices

TODAY = date(2026, 11, 21)


def parse(text: str, encoding: str = "utf-8"):
    return parse_prices(text.encode(encoding), today=TODAY)


def test_an_english_header_with_every_column() -> None:
    parsed = parse('Date,Open,High,Low,Close,Adj Close,Volume\n2026-01-05,10,11,9.5,10.5,5.25,"1,200"\n')
    bar = parsed.bars[0]
    assert (bar.day, bar.open, bar.high, bar.low, bar.close, bar.adjusted, bar.volume) == (
        date(2026, 1, 5), 10, 11, 9.5, 10.5, 5.25, 1200,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_chinese_header_in_any_usual_encoding(encoding: str) -> None:
    parsed = parse(
        "日期,股票代码,股票名称,开盘,收盘,最高,最低,成交量\n2026/1/5,600519,贵州茅台,10,10.5,11,9.5,100\n",
        encoding,
    )
    assert (parsed.symbol, parsed.name) == ("600519", "贵州茅台")
    assert parsed.bars[0].close == 10.5
    assert parsed.bars[0].high == 11


@pytest.mark.parametrize(
    "day", ["2026-01-05", "2026/1/5", "20260105", "2026.01.05", "2026年1月5日", "2026-01-05 00:00:00"]
)
def test_days_in_usual_forms(day: str) -> None:
    assert parse(f"date,close\n{day},1\n").bars[0].day == date(2026, 1, 5)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(separator: str) -> None:
    assert parse(f"date{separator}close\n2026-01-05{separator}1.5\n").bars[0].close == 1.5


def test_rows_are_put_in_order() -> None:
    assert [b.close for b in parse("date,close\n2026-01-06,2\n2026-01-05,1\n").bars] == [1, 2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-06,NaN,1,1", "NaN"),
        ("2026-01-06,inf,1,1", "inf"),
        ("2026-01-06,-3,1,1", "above zero"),
        ("2026-01-06,0,1,1", "above zero"),
        ("2026-01-06,abc,1,1", "no number"),
        ("2026-01-06,,1,1", "no close"),
        ("2026-01-06,5,4,1", "high 4 is below"),
        ("2026-01-06,5,6,5.5", "low 5.5 is above"),
        ("06/01/2026,5,6,4", "no date"),
        ("2026-02-30,5,6,4", "no day of the calendar"),
        ("2031-01-06,5,6,4", "future"),
    ],
)
def test_a_bad_line_is_left_out_and_named_with_its_number(row: str, reason: str) -> None:
    parsed = parse(f"# a comment\ndate,close,high,low\n2026-01-05,5,6,4\n{row}\n2026-01-07,5,6,4\n")
    assert [bar.day.day for bar in parsed.bars] == [5, 7]
    assert [problem.line for problem in parsed.problems] == [4]
    assert reason in parsed.problems[0].reason


def test_a_day_twice_with_the_same_prices_counts_once() -> None:
    parsed = parse("date,close\n2026-01-05,1\n2026-01-05,1\n2026-01-06,1\n")
    assert len(parsed.bars) == 2
    assert [problem.line for problem in parsed.problems] == [3]


def test_a_day_twice_with_other_prices_counts_not_at_all() -> None:
    parsed = parse("date,close\n2026-01-05,1\n2026-01-05,2\n2026-01-06,1\n2026-01-07,1\n")
    assert [bar.day.day for bar in parsed.bars] == [6, 7]
    assert [problem.line for problem in parsed.problems] == [2, 3]


def test_a_series_adjusted_in_parts_is_not_adjusted() -> None:
    parsed = parse("date,close,adj_close\n2026-01-05,2,1\n2026-01-06,2,\n")
    assert all(bar.adjusted is None for bar in parsed.bars)
    assert "adjusted" in parsed.problems[0].reason


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"date,close\n", "no usable line"),
        (b"<!DOCTYPE html><html><body>Just a moment...</body></html>", "HTML"),
        (b'{"code": 0, "data": null}', "JSON"),
        (b"PK\x03\x04\x14\x00\x06\x00", "spreadsheet"),
        (b"\x00\x01\x02\xff" * 30, "neither UTF-8 nor GBK"),
        (b"day,price\n2026-01-05,3\n", "no column for: date, close"),
        (b"date,close\nx,1\ny,2\n2026-01-05,1\n", "nothing was imported. Line 2"),
        (b"date,close,symbol\n2026-01-05,1,600519\n2026-01-06,1,000001\n", "several securities"),
    ],
)
def test_what_is_no_price_file_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse_prices(data, today=TODAY)
    assert caught.value.hint


def test_a_comment_marks_synthetic_prices() -> None:
    assert parse("# demo data\ndate,close\n2026-01-05,1\n").demo
    assert not parse("date,close\n2026-01-05,1\n").demo


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_bars_or_an_input_error(data: bytes) -> None:
    try:
        parsed = parse_prices(b"date,close,high\n" + data, today=TODAY)
    except InputError:
        return
    assert all(bar.close > 0 for bar in parsed.bars)
    days = [bar.day for bar in parsed.bars]
    assert days == sorted(set(days))
