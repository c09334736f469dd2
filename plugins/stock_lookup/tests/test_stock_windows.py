"""Windows in words and in days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout_stock_lookup.windows import find_dates, find_windows, parse_windows, window_start


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("3M", ("3M",)), ("1y", ("12M",)), ("近三个月", ("3M",)), ("过去半年", ("6M",)), ("一年", ("12M",)),
        ("今年以来", ("YTD",)),
        ("past quarter", ("3M",)), ("over the last 6 months", ("6M",)), ("year-to-date", ("YTD",)),
        ("12-month", ("12M",)),
        ("1M/3M/12M", ("1M", "3M", "12M")), ("1个月、3个月和两年", ("1M", "3M", "24M")), ("half a year", ("6M",)),
        ("近1年", ("12M",)), ("十二个月", ("12M",)), ("a month", ("1M",)),
    ],
)  # fmt: skip
def test_windows_in_words(text: str, windows: tuple[str, ...]) -> None:
    assert parse_windows(text) == windows


@pytest.mark.parametrize("text", ["", "soon", "2024年", "3月19日", "H100", "15T tokens", "0M", "70B 模型"])
def test_what_is_no_window(text: str) -> None:
    assert list(find_windows(text)) == []
    with pytest.raises(InputError, match="window"):
        parse_windows(text)


def test_windows_go_calendar_months_back() -> None:
    last = date(2024, 4, 19)
    assert [window_start(w, last) for w in ("1M", "3M", "12M", "YTD")] == [
        date(2024, 3, 19), date(2024, 1, 19), date(2023, 4, 19), date(2023, 12, 31),
    ]  # fmt: skip


def test_the_end_of_a_month_is_clipped() -> None:
    assert window_start("1M", date(2024, 3, 31)) == date(2024, 2, 29)
    assert window_start("12M", date(2024, 2, 29)) == date(2023, 2, 28)


@given(st.dates(date(1995, 1, 1), date(2035, 1, 1)), st.integers(1, 120))
def test_a_longer_window_starts_earlier(last: date, months: int) -> None:
    start, longer = window_start(f"{months}M", last), window_start(f"{months + 1}M", last)
    assert longer < start < last
    assert start.day <= last.day


def test_days_are_found_and_impossible_ones_are_not() -> None:
    assert [c.value for c in find_dates("截至2024年4月19日,不是 2024-02-30")] == ["2024-04-19"]
