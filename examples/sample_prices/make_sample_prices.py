"""Writes the made-up price files of this folder: a random walk with a fixed seed, weekdays only.

    python examples/sample_prices/make_sample_prices.py

The prices belong to no security. DEMOA pays a dividend and has a bonus issue of ten for ten, so that its closes as
traded and its adjusted closes differ; DEMOX stands for an index.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

FIRST, LAST = date(2025, 1, 2), date(2026, 6, 30)
BONUS_DAY, DIVIDEND_DAY, DIVIDEND = date(2025, 6, 16), date(2026, 5, 20), 0.35
NOTE = "# demo: synthetic prices made by make_sample_prices.py, no market data 演示数据,并非真实行情"


def walk(seed: int, start: float, drift: float, spread: float) -> list[tuple[date, float]]:
    """Closes before any event, one for each weekday."""
    source = random.Random(seed)
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    closes: list[tuple[date, float]] = []
    price = start
    for day in days:
        if day.weekday() < 5:
            price *= 1 + source.gauss(drift, spread)
            closes.append((day, price))
    return closes


def as_traded(adjusted: list[tuple[date, float]]) -> list[tuple[date, float, float]]:
    """(day, close as traded, adjusted close): two for one until the bonus day, then the dividend goes off."""
    rows: list[tuple[date, float, float]] = []
    for day, price in adjusted:
        raw = price * (2.0 if day < BONUS_DAY else 1.0) - (DIVIDEND if day >= DIVIDEND_DAY else 0.0)
        rows.append((day, raw, price))
    return rows


def main() -> None:
    """Write both files beside this script."""
    folder = Path(__file__).parent
    share = "".join(
        f"{day},{raw:.2f},{adjusted:.4f},DEMOA,演示股份A\n"
        for day, raw, adjusted in as_traded(walk(7, 20.0, 0.0006, 0.018))
    )
    index = "".join(f"{day},{close:.2f},DEMOX,演示指数\n" for day, close in walk(8, 3000.0, 0.0003, 0.009))
    (folder / "demo_share.csv").write_text(
        f"{NOTE}\ndate,close,adj_close,symbol,name\n{share}", encoding="utf-8"
    )
    (folder / "demo_index.csv").write_text(f"{NOTE}\n日期,收盘,代码,名称\n{index}", encoding="utf-8")


if __name__ == "__main__":
    main()
