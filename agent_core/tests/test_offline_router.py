"""Routing: by examples, by what is typed, and with an embedder's second opinion."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from offline_tools import all_plugins

from tieout.host import Host
from tieout.models.offline.classifier import RidgeClassifier
from tieout.models.offline.router import Router, build_router
from tieout.models.offline.scoring import evaluate, read_cases
from tieout.plugin import Tool
from tieout.settings import load_settings
from tieout.testing import HostMaker

DEV_SET = Path(__file__).with_name("data_offline_dev.jsonl")


@pytest.fixture
def tools(make_host: HostMaker) -> list[Tool[..., object]]:
    return list(make_host(all_plugins()).tools().values())


class FakeEmbedder:
    """Puts every text that speaks of parking or minutes on one axis, everything else on another."""

    model_id = "fake"

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> NDArray[np.float32]:
        """Unit vectors of two dimensions."""
        self.embedded += len(texts)
        about = [any(word in text.lower() for word in ("minutes", "纪要", "bikes")) for text in texts]
        return np.array([[1.0, 0.0] if hit else [0.0, 1.0] for hit in about], dtype=np.float32)


def test_two_classes_are_told_apart_by_what_only_one_of_them_says() -> None:
    classifier = RidgeClassifier(
        [{"red": 1.0, "fruit": 1.0}, {"green": 1.0, "fruit": 1.0}, {"rain": 1.0}, {"wind": 1.0, "rain": 1.0}],
        ["apple", "apple", "storm", "storm"],
    )
    scores = classifier.scores({"fruit": 1.0, "unknown": 1.0})
    assert scores["apple"] > 0.3 > scores["storm"]
    assert classifier.known({"fruit": 1.0, "unknown": 1.0}) == pytest.approx(0.5, abs=0.3)


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 vectors"):
        RidgeClassifier([], [])


def test_the_router_of_one_set_of_tools_is_built_once(tools: list[Tool[..., object]]) -> None:
    named = {tool.model_name: tool for tool in tools}
    assert build_router(named, None) is build_router(dict(reversed(named.items())), None)


def test_the_embedder_decides_close_calls_only(tools: list[Tool[..., object]]) -> None:
    embedder = FakeEmbedder()
    plain, aided = Router(tools), Router(tools, embedder)

    def best(router: Router, text: str) -> str:
        return router.rank(router.read(text), lambda _kind, _text: [])[0].name

    assert best(aided, "weather in Oslo over 3 days") == "weather.forecast"
    assert embedder.embedded == 0
    assert best(plain, "price talk about bikes") == ""
    assert best(aided, "price talk about bikes") == "minutes.minutes"
    assert embedder.embedded > 0


async def test_the_installed_plugins_are_reached_by_questions_that_are_no_examples(tmp_path: Path) -> None:
    for package in ("compute_estimator", "report_search", "stock_lookup", "code_shield"):
        pytest.importorskip(f"tieout_{package}")
    loaded = load_settings(
        folder=tmp_path,
        environment={"TIEOUT_CONFIG": str(tmp_path / "none.toml")},
        overrides={"data_dir": str(tmp_path / "data")},
    )
    async with Host(loaded, ephemeral=True) as host:
        result = await evaluate(host, await asyncio.to_thread(read_cases, DEV_SET))
    assert result.passed >= 0.9 * result.total, [(miss.id, miss.difference) for miss in result.misses]
