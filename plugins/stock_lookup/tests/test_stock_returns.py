"""Absolute, index and relative returns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout_stock_lookup import compute_returns


def test_relative_is_share_minus_index_in_percentage_points(make_series) -> None:
    share = make_series({"2025-01-20": 100.0, "2025-04-18": 95.6})
    index = make_series({"2025-01-20": 1000.0, "2025-04-18": 1083.0}, symbol="000300.SH")
    [row] = compute_returns(share, ["3M"], benchmark=index, as_of=date(2025, 4, 20))
    assert row.absolute is None
    assert "prices begin on 2025-01-20" in row.reason
    [row] = compute_returns(make_series({"2025-01-17": 100.0, "2025-04-18": 95.6}), ["3M"],
                            benchmark=make_series({"2025-01-17": 1000.0, "2025-04-18": 1083.0}))  # fmt: skip
    assert row.absolute is not None
    assert row.index is not None
    assert row.absolute.percent == pytest.approx(-4.4)
    assert row.index.percent == pytest.approx(8.3)
    assert row.relative == pytest.approx(-12.7)


def test_the_geometric_method_is_the_ratio(make_series) -> None:
    share = make_series({"2025-03-18": 100.0, "2025-04-18": 110.0})
    index = make_series({"2025-03-18": 100.0, "2025-04-18": 120.0})
    [row] = compute_returns(share, ["1M"], benchmark=index, method="geometric")
    assert row.relative == pytest.approx((1.1 / 1.2 - 1) * 100)


def test_the_base_is_the_last_session_before_a_closed_day(make_series, weekday_closes) -> None:
    closes = weekday_closes("2025-09-01", "2025-11-03")
    for day in range(1, 9):  # the market is closed from 1 to 8 October
        closes.pop(f"2025-10-{day:02d}", None)
    [row] = compute_returns(make_series(closes), ["1M"], as_of=date(2025, 11, 3))
    assert row.start == date(2025, 10, 3)
    assert row.absolute is not None
    assert row.absolute.base.day == date(2025, 9, 30)
    assert row.flags == ()


def test_the_month_end_is_clipped(make_series, weekday_closes) -> None:
    [row] = compute_returns(make_series(weekday_closes("2024-02-01", "2024-03-29")), ["1M"])
    assert row.start == date(2024, 2, 29)


def test_adjusted_closes_see_through_a_bonus_issue(make_series) -> None:
    # Ten for ten and 0.5 in cash: 20.00 before, reference price (20 - 0.5) / 2 = 9.75, close 10.00 on the day.
    raw = {"2025-05-30": 20.0, "2025-06-30": 10.0}
    adjusted = {"2025-05-30": (20.0, 9.75), "2025-06-30": (10.0, 10.0)}
    [naive] = compute_returns(make_series(raw), ["1M"])
    [right] = compute_returns(make_series(adjusted), ["1M"])
    assert naive.absolute is not None
    assert right.absolute is not None
    assert naive.absolute.percent == pytest.approx(-50.0)
    assert "jumps on 2025-06-30" in naive.flags[0]
    assert right.absolute.percent == pytest.approx(2.5641, abs=1e-4)
    assert right.flags == ()


def test_too_short_a_history_is_no_number_with_a_reason(make_series, weekday_closes) -> None:
    rows = compute_returns(make_series(weekday_closes("2025-06-02", "2025-09-30")), ["1M", "12M"])
    assert rows[0].absolute is not None
    assert rows[1].absolute is None
    assert rows[1].relative is None
    assert "prices begin on 2025-06-02" in rows[1].reason


def test_a_suspension_is_flagged(make_series, weekday_closes) -> None:
    index = make_series(weekday_closes("2025-01-01", "2025-06-30"), symbol="000300.SH")
    closes = {
        day: close
        for day, close in weekday_closes("2025-01-01", "2025-06-30").items()
        if not "2025-03-01" < day < "2025-06-20"
    }
    [row] = compute_returns(make_series(closes), ["1M"], benchmark=index)
    assert row.absolute is not None
    assert row.absolute.base.day == date(2025, 2, 28)
    assert any("2025-02-28" in flag for flag in row.flags)
    assert any("suspended" in flag for flag in row.flags)


def test_old_prices_are_flagged(make_series, weekday_closes) -> None:
    [row] = compute_returns(
        make_series(weekday_closes("2025-01-01", "2025-06-30")), ["1M"], as_of=date(2025, 9, 1)
    )
    assert row.absolute is not None
    assert any("2025-06-30" in flag for flag in row.flags)


def test_before_the_first_price_there_is_nothing(make_series) -> None:
    [row] = compute_returns(make_series({"2025-06-30": 1.0}), ["1M"], as_of=date(2024, 1, 1))
    assert row.absolute is None
    assert "no close on or before 2024-01-01" in row.reason


def test_an_index_without_history_leaves_the_absolute_return(make_series) -> None:
    share = make_series({"2025-03-18": 100.0, "2025-04-18": 110.0})
    [row] = compute_returns(share, ["1M"], benchmark=make_series({"2025-04-18": 5.0}))
    assert row.absolute is not None
    assert row.relative is None
    assert "index" in row.reason


@given(st.lists(st.floats(0.5, 500), min_size=3, max_size=40), st.floats(0.01, 100))
def test_returns_do_not_depend_on_the_unit_of_price(closes: list[float], factor: float) -> None:
    from datetime import UTC, datetime

    from tieout_stock_lookup import Bar, PriceSeries

    first = date(2025, 1, 31)

    def series(scale: float) -> PriceSeries:
        bars = [Bar(first + timedelta(days=3 * n), close * scale) for n, close in enumerate(closes)]
        return PriceSeries("X", "X", "user", "f", datetime(2026, 1, 1, tzinfo=UTC), bars)

    [plain], [scaled] = compute_returns(series(1), ["1M"]), compute_returns(series(factor), ["1M"])
    assert (plain.absolute is None) == (scaled.absolute is None)
    if plain.absolute and scaled.absolute:
        assert plain.absolute.percent == pytest.approx(scaled.absolute.percent, rel=1e-9, abs=1e-9)
        against_itself = compute_returns(series(1), ["1M"], benchmark=series(factor))[0]
        assert against_itself.relative == pytest.approx(0, abs=1e-9)
