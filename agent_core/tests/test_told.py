"""What plugins keep in English inside figures is said in Chinese from the catalogue of whoever brings it."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tieout import told as module
from tieout.cardtext import origin_text
from tieout.i18n import Translator, use_language
from tieout.plugin import Fact, Figure, Formula, Result, TableRow
from tieout.told import told, told_source

WORDS = {"rate": "费率", "tariffs": "电价表", "not read again": "未再核对"}


class Tariff(Result):
    """One rate."""

    value: Figure


class Catalogue(Translator):
    """Knows a few words of Chinese."""

    def __call__(self, message: str, /, *, lang: Any = None, **_values: object) -> str:
        return WORDS.get(message, message)


@pytest.fixture(autouse=True)
def catalogues(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Two plugins; the first knows nothing."""
    entries = {
        "empty": SimpleNamespace(value="nobody_at_all:plugin"),
        "power": SimpleNamespace(value="power.plugin"),
    }
    monkeypatch.setattr("tieout.loading.plugin_entries", lambda: entries)
    monkeypatch.setattr(
        module,
        "translator",
        lambda package: Catalogue(package) if package == "power" else Translator(package),
    )
    module._translators.cache_clear()  # pyright: ignore[reportPrivateUsage]
    yield
    module._translators.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_a_text_is_said_in_the_language_of_the_context() -> None:
    assert told("rate") == "rate"
    with use_language("zh"):
        assert told("rate") == "费率"
        assert told("Lodz") == "Lodz"
        assert told("rate", lang="en") == "rate"


def test_a_source_keeps_its_titles() -> None:
    with use_language("zh"):
        assert (
            told_source("Gazette 7 (not read again); gazette.example")
            == "Gazette 7 (未再核对); gazette.example"
        )
    assert told_source("Gazette 7 (not read again)") == "Gazette 7 (not read again)"


def test_origins_are_said_so() -> None:
    row = TableRow(
        table="tariffs", row="Lodz", field="rate", source="Gazette 7 (not read again)", as_of=date(2026, 1, 2),
        confidence="low",
    )  # fmt: skip
    formula = Formula(name="rate", expression="a · b", inputs={"a": Figure(value=2, unit="USD", origin=row)})
    with use_language("zh"):
        assert origin_text(row) == "电价表: Lodz, 费率 — Gazette 7 (未再核对) (2026-01-02)"
        assert origin_text(formula).startswith("费率: a · b; a = ")


def test_a_result_is_said_in_the_language_asked_for() -> None:
    tariff = Tariff(value=Figure(value=2, metric="rate"))
    assert tariff.say("zh") == "费率: 2"
    with use_language("zh"):
        assert tariff.say("en") == "rate: 2"
        assert tariff.card("en").blocks[0] == Fact(label="rate", value="2", figure=tariff.value)
