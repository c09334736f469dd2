"""What the tests of the stocks plugin share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tieout.testing import FakeToolContext
from tieout_stock_lookup import Bar, PriceSeries


@pytest.fixture
def context(tmp_path: Path) -> FakeToolContext:
    return FakeToolContext(folder=tmp_path / "stocks")


@pytest.fixture
def make_series():
    """A series from {ISO day: close} or {ISO day: (close, adjusted)}."""

    def make(closes: dict[str, Any], *, symbol: str = "600519.SH", kind: Any = "user") -> PriceSeries:
        bars = [
            Bar(date.fromisoformat(day), value)
            if not isinstance(value, tuple)
            else Bar(date.fromisoformat(day), value[0], adjusted=value[1])
            for day, value in sorted(closes.items())
        ]
        return PriceSeries(symbol, symbol, kind, "prices.csv", datetime(2026, 1, 2, tzinfo=UTC), bars)

    return make


@pytest.fixture
def weekday_closes():
    """{ISO day: 100, 101, …} for every weekday from ``first`` to ``last``."""

    def make(first: str, last: str, *, start: float = 100.0, step: float = 1.0) -> dict[str, float]:
        day, end, closes = date.fromisoformat(first), date.fromisoformat(last), {}
        while day <= end:
            if day.weekday() < 5:
                closes[day.isoformat()] = start + step * len(closes)
            day += timedelta(days=1)
        return closes

    return make
