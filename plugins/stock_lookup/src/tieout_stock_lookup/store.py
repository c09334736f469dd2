"""Imported prices on this machine: one SQLite file, one series for each symbol."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from tieout.errors import StoreError
from tieout.plugin import MarketData, translator
from tieout_stock_lookup.prices import Bar

__all__ = ["PriceSeries", "PriceStore"]

_ = translator("tieout_stock_lookup")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    symbol TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, origin TEXT NOT NULL, imported_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bars (
    symbol TEXT NOT NULL REFERENCES series (symbol) ON DELETE CASCADE, day TEXT NOT NULL, close REAL NOT NULL,
    open REAL, high REAL, low REAL, volume REAL, adjusted REAL, PRIMARY KEY (symbol, day)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class PriceSeries:
    """The bars of one symbol, oldest first, with where they came from."""

    symbol: str
    name: str
    kind: Literal["live", "cached", "embedded", "demo", "user"]
    origin: str
    """File name or provider."""
    fetched_at: datetime
    bars: Sequence[Bar]

    @property
    def adjusted(self) -> bool:
        """Whether every bar has an adjusted close."""
        return bool(self.bars) and all(bar.adjusted is not None for bar in self.bars)

    def provenance(self, day: date) -> MarketData:
        """The origin of a figure of one session."""
        return MarketData(kind=self.kind, provider=self.origin, fetched_at=self.fetched_at, data_time=day)


class PriceStore:
    """Imported series in ``folder``; every call opens and closes the file, so that threads need no care."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "prices.sqlite3"

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.executescript(_SCHEMA)
                yield connection
        except sqlite3.Error as error:
            raise StoreError(
                _("The imported prices cannot be used: {error} ({path}).", error=error, path=self.path.name),
                hint=_("If the file is damaged, delete {path} and import again.", path=self.path),
            ) from error

    def symbols(self) -> list[str]:
        """Symbols that have prices, sorted."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            return [row[0] for row in connection.execute("SELECT symbol FROM series ORDER BY symbol")]

    def replace(self, series: PriceSeries) -> int:
        """Store a series instead of an older one of its symbol; returns how many bars the older one had.

        Series are never joined: prices that were adjusted on different days do not fit each other.
        """
        rows = [
            (
                series.symbol,
                bar.day.isoformat(),
                bar.close,
                bar.open,
                bar.high,
                bar.low,
                bar.volume,
                bar.adjusted,
            )
            for bar in series.bars
        ]
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            before = connection.execute(
                "SELECT count(*) FROM bars WHERE symbol = ?", (series.symbol,)
            ).fetchone()[0]
            connection.execute("DELETE FROM series WHERE symbol = ?", (series.symbol,))
            connection.execute(
                "INSERT INTO series VALUES (?, ?, ?, ?, ?)",
                (series.symbol, series.name, series.kind, series.origin, series.fetched_at.isoformat()),
            )
            connection.executemany("INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")
        return int(before)

    def read(self, symbol: str) -> PriceSeries | None:
        """The series of a symbol, or ``None``."""
        if not self.path.exists():
            return None
        with self._open() as connection:
            head = connection.execute("SELECT * FROM series WHERE symbol = ?", (symbol,)).fetchone()
            if head is None:
                return None
            found = connection.execute(
                "SELECT day, close, open, high, low, volume, adjusted FROM bars WHERE symbol = ? ORDER BY day",
                (symbol,),
            )
            bars = [Bar(date.fromisoformat(day), *numbers) for day, *numbers in found]
        fetched = datetime.fromisoformat(head[4])
        return PriceSeries(head[0], head[1], head[2], head[3], fetched.astimezone(UTC), bars)
