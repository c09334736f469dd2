"""The seam for stock data of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

import tieout.plugin
from tieout.plugin import LoadedEntry
from tieout_stock_lookup import Bar, Instrument, Query, load_directory, providers, resolve
from tieout_stock_lookup import tools as stock
from tieout_stock_lookup.provider_api import directory_instruments, local_bars


class MarsProvider:
    """A provider of another package, reading from this machine."""

    name = "mars"
    capabilities = frozenset({"directory", "bars"})
    markets = frozenset({"MARS"})
    needs_key = False
    homepage = "none"
    terms_note = "made up for a test"

    def read(self, query: Query) -> Sequence[Any]:
        if query.capability == "directory":
            return [Instrument("OLYMP.MARS", "奥林帕斯重工", english="Olympus Works")]
        return (
            [Bar(date(2026, 1, 5), 12.0), Bar(date(2026, 1, 2), 10.0)] if query.symbol == "OLYMP.MARS" else []
        )


class RaisingProvider(MarsProvider):
    name = "raising"

    def read(self, query: Query) -> Sequence[Any]:
        raise RuntimeError("the disk is gone")


class PoliteHttp:
    """A network provider: three pure steps."""

    name, needs_key, homepage, terms_note = "polite", True, "none", "with a key"
    capabilities, markets = frozenset({"quote"}), frozenset({"US"})
    rate, timeout = (1, 1.0), 5.0

    def request(self, query: Query) -> object:
        raise AssertionError("not asked in this test")

    def classify(self, response: object) -> str:
        return "ok"

    def parse(self, body: bytes, query: Query) -> Sequence[Any]:
        return []


def exits() -> object:
    raise SystemExit(3)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    def install(**values: object) -> None:
        entries = [
            LoadedEntry(
                name,
                f"tieout-{name}",
                "1.0",
                None if isinstance(v, str) else v,
                v if isinstance(v, str) else "",
            )
            for name, v in values.items()
        ]
        monkeypatch.setattr(
            tieout.plugin,
            "load_entry_points",
            lambda group: entries if group == "tieout.stocks.providers" else [],
        )

    return install


def test_the_shipped_directory_is_a_provider_like_any_other() -> None:
    entry = next(entry for entry in providers() if entry.name == "embedded")
    assert entry.distribution == "tieout-stock-lookup"
    assert entry.error == ""
    assert not entry.network
    assert len(entry.provider.read(Query("directory", "688111.SH"))) == 1  # type: ignore[union-attr]


def test_a_package_s_provider_appears_in_the_list(installed, context) -> None:
    installed(mars=MarsProvider, polite=PoliteHttp, already_made=MarsProvider())
    result = stock.providers(context)
    rows = {row.name: row for row in result.rows}
    assert rows["mars"].package == "tieout-mars 1.0"
    assert rows["mars"].capabilities == ("bars", "directory")
    assert not rows["mars"].network
    assert rows["polite"].network
    assert rows["polite"].needs_key
    assert rows["already_made"].error == ""
    assert "mars" in result.say("en")


def test_broken_providers_are_listed_with_their_error(installed, context) -> None:
    installed(
        missing="module 'x' is not installed",
        exits=exits,
        empty=object(),
        half=type("Half", (), {"name": "half"}),
    )
    rows = {row.name: row.error for row in stock.providers(context).rows}
    assert rows["missing"] == "module 'x' is not installed"
    assert "SystemExit" in rows["exits"]
    assert "it lacks" in rows["empty"]
    assert "it lacks" in rows["half"]


def test_a_local_provider_adds_to_the_directory(installed) -> None:
    installed(mars=MarsProvider, raising=RaisingProvider)
    known = load_directory(directory_instruments())
    found = resolve("奥林帕斯重工", directory=known)
    assert found.best is not None
    assert found.best.symbol == "OLYMP.MARS"


def test_bars_of_a_local_provider_are_used_and_failures_are_remembered(installed) -> None:
    installed(raising=RaisingProvider, mars=MarsProvider)
    name, bars, tried = local_bars("OLYMP.MARS")
    assert name == "mars"
    assert [bar.close for bar in bars] == [10.0, 12.0]
    assert [(attempt.provider, "disk is gone" in attempt.error) for attempt in tried] == [("raising", True)]
    assert local_bars("600519.SH")[1] == []


def test_prices_of_a_local_provider_carry_its_name(installed, context) -> None:
    installed(
        mars=type("Local", (MarsProvider,), {"read": lambda self, query: [Bar(date(2026, 1, 5), 1500.0)]})
    )
    result = stock.price(context, "600519.SH")
    assert result.close.value == 1500.0
    assert result.close.origin.provider == "mars"  # type: ignore[union-attr]
    assert result.close.origin.kind == "embedded"  # type: ignore[union-attr]
