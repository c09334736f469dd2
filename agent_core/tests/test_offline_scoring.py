"""Scoring a model on a file of questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from offline_tools import all_plugins
from pydantic import JsonValue

from tieout.errors import InputError
from tieout.models.offline.scoring import Case, ExpectedNumber, contains, evaluate, read_cases, shows
from tieout.testing import HostMaker


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("it takes 6.30e24 FLOP", 6.3e24, "FLOP"),
        ("an MFU of 27.6 %", 0.276, "ratio"),
        ("27.6%", 0.276, ""),
        ("74.5 GiB", 80.0, "GB"),
        ("640 万 GPU 小时", 6.4e6, "GPU-hour"),
        ("196 TFLOP/s", 1.96e14, "FLOP/s"),
        ("between 10 and 14 days", 14, "day"),
    ],
)
def test_a_number_counts_in_any_multiple_of_its_unit(text: str, value: float, unit: str) -> None:
    assert shows(text, ExpectedNumber(value=value, unit=unit))


def test_a_number_of_another_size_or_dimension_does_not_count() -> None:
    assert not shows("6.30e23 FLOP", ExpectedNumber(value=6.3e24, unit="FLOP"))
    assert not shows("80 GPUs", ExpectedNumber(value=80, unit="GB"))


def test_words_count_whatever_their_width_case_and_separators() -> None:
    assert contains("Ｈ１００ took 1,024 hours", "h100took1024|nothing")
    assert not contains("H100", "H200|B200")


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": "a", "text": "x"}\n\n{"id": "b"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"cases\.jsonl:3: text"):
        read_cases(file)


async def test_every_kind_of_case_can_pass_and_fail(make_host: HostMaker) -> None:
    quote, ship = "freight for 300 kg over 800 km", "what does it cost to ship 300 kg"
    tonnes = ExpectedNumber(value=0.3, unit="tonne")
    right: dict[str, dict[str, JsonValue]] = {"freight.quote": {"weight": 300}}
    wrong: dict[str, dict[str, JsonValue]] = {"freight.quote": {"weight": 5}}
    cases = [
        Case(
            id="1",
            of="freight",
            text=quote,
            tools=["freight.quote"],
            numbers=[tonnes],
            contains=["rail|road"],
        ),
        Case(
            id="2",
            of="freight",
            text=quote,
            numbers=[ExpectedNumber(value=5, unit="kg")],
            contains=["by sea"],
        ),
        Case(id="3", text="hello", expect="none"),
        Case(id="4", text="weather in Oslo", expect="none"),
        Case(id="5", text=ship, expect="missing", tool="freight.quote", missing=["distance"]),
        Case(id="6", text=ship, expect="missing", tool="weather.forecast", missing=["weight"]),
        Case(id="7", of="chain", earlier=[ship], text="90 km", tools=["freight.quote"], arguments=right),
        Case(id="8", of="chain", earlier=[ship], text="90 km", tools=["freight.quote"], arguments=wrong),
    ]
    result = await evaluate(make_host(all_plugins()), cases)
    assert [miss.id for miss in result.misses] == ["2", "4", "6", "8"]
    assert (result.total, result.passed) == (8, 4)
    assert {kind: (tally.passed, tally.total) for kind, tally in result.by_kind.items()} == {
        "freight": (1, 2), "none": (1, 2), "missing": (1, 2), "chain": (1, 2)
    }  # fmt: skip
    assert result.metrics["numbers_share"] == 0.5
    assert "no 5 kg" in result.misses[0].difference
    assert "by sea" in result.misses[0].difference
