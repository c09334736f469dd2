"""Solving a run backwards: each unknown, two routes, deadlines, intervals, and what is said to bad input."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError, ToolError
from tieout.plugin import Formula, Language
from tieout.quantities import agrees, find
from tieout_compute_estimator import Solution, solve
from tieout_compute_estimator.caveats import today
from tieout_compute_estimator.deadlines import find_deadlines, read_deadline
from tieout_compute_estimator.solve_targets import TARGETS, find_targets, target_symbol

FIXED = {"params": 70e9, "tokens": 15e12, "device": "H100", "mfu": 0.4, "usd_per_hour": 2.0}
HOURS = 6 * 70e9 * 15e12 / (989.5e12 * 0.4 * 3600)


def _solve(**arguments: object) -> Solution:
    return solve(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "given_values", "value"),
    [
        ("devices", {"days": 60}, HOURS / (24 * 60)),
        ("days", {"device_count": 4096}, HOURS / (24 * 4096)),
        ("budget", {}, HOURS * 2),
        ("price", {"budget": 1e7, "usd_per_hour": None}, 1e7 / HOURS),
        ("tokens", {"tokens": None, "budget": HOURS * 2}, 15e12),
        ("params", {"params": None, "budget": HOURS * 2}, 70e9),
        ("mfu", {"mfu": None, "days": 60, "device_count": HOURS // (24 * 60)}, 40.0),
    ],
)
def test_each_unknown_comes_back(target: str, given_values: dict[str, object], value: float) -> None:
    result = _solve(target=target, **{**FIXED, **given_values})
    assert result.target == target
    assert result.answer.value == pytest.approx(value, rel=1e-3)
    assert isinstance(result.answer.origin, Formula)


@given(
    params=st.floats(1e8, 1e12),
    tokens=st.floats(1e9, 1e14),
    count=st.integers(1, 100_000),
    mfu=st.floats(0.05, 0.9),
)
def test_solving_there_and_back_gives_what_went_in(
    params: float, tokens: float, count: int, mfu: float
) -> None:
    there = solve("days", params=params, tokens=tokens, device="H100", device_count=count, mfu=mfu)
    back = solve("tokens", params=params, days=there.answer.value, device="H100", device_count=count, mfu=mfu)
    assert back.answer.value == pytest.approx(tokens, rel=1e-9)


def test_unknown_is_found_from_what_is_missing() -> None:
    assert _solve(params=7e9, tokens=2e12, device="A100", days=30).target == "devices"
    assert _solve(params=7e9, tokens=2e12, device="A100", device_count=256).target == "days"
    assert _solve(params=7e9, device="A100", device_count=256, days=30).target == "tokens"
    assert _solve(params=7e9, tokens=2e12, device="A100", device_count=256, days=30).target == "mfu"
    assert _solve(budget=1e6, device="A100").target == "params"
    assert _solve(params=7e9, tokens=2e12, device="A100").target == "budget"


def test_budget_and_deadline_on_a_device_without_a_price() -> None:
    result = _solve(budget=5e6, deadline="by March", device="H20")
    assert result.target == "params"
    assert {figure.metric for figure in result.others} >= {"training tokens", "devices", "device-hours"}
    assert any("price" in note for note in result.notes)
    assert result.answer.low is not None
    assert result.answer.high is not None
    assert result.answer.low < result.answer.value < result.answer.high


def test_two_routes_stand_side_by_side() -> None:
    result = _solve(params=70e9, tokens=15e12, device="H100", mfu=0.4, days=60, budget=5e6, usd_per_hour=2.0)
    (other,) = result.other_routes
    assert result.answer.value == pytest.approx(HOURS / 1440)
    assert other.answer.value == pytest.approx(5e6 / 2 / 1440)
    assert other.ratio.value == pytest.approx(other.answer.value / result.answer.value)
    assert "budget" in result.say("en")


def test_the_tightest_of_several_limits_holds() -> None:
    rich = _solve(target="params", tokens=1e12, device="H100", mfu=0.4, budget=1e9, days=10, device_count=64)
    hours = 64 * 240
    assert rich.answer.value == pytest.approx(hours * 3600 * 989.5e12 * 0.4 / 6e12)


def test_steady_mfu_and_goodput_are_two_things() -> None:
    both = _solve(
        target="days", params=7e9, tokens=1e12, device="A100", device_count=64, mfu=0.5, goodput=0.8
    )
    one = _solve(target="days", params=7e9, tokens=1e12, device="A100", device_count=64, mfu=0.4)
    assert both.answer.value == pytest.approx(one.answer.value)
    only = _solve(target="days", params=7e9, tokens=1e12, device="A100", device_count=64, goodput=0.8)
    assert "steady MFU" in {figure.metric for figure in only.assumed}


def test_shares_of_the_variance_add_up_and_are_ranked() -> None:
    result = _solve(target="emissions", params=70e9, tokens=15e12, device="H100", region="Norway")
    shares = [item.share.value for item in result.shares]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=3)
    assert result.shares[0].input == "assumed MFU"
    for item in result.shares:
        assert result.answer.low is not None
        assert item.low_end.value != item.high_end.value


def test_emissions_follow_the_grid() -> None:
    norway = _solve(target="emissions", params=7e9, tokens=2e12, device="H100", region="挪威")
    china = _solve(target="emissions", params=7e9, tokens=2e12, device="H100", region="华北")
    assert china.answer.value / norway.answer.value == pytest.approx(0.6361 / 0.030)


def test_owning_is_written_off_over_the_years() -> None:
    result = _solve(target="budget", params=7e9, tokens=2e12, device="H100", mfu=0.4, buy_price=30_000)
    price = result.answer.inputs()["p"]
    assert result.answer.metric == "cost of owning"
    assert price.value == pytest.approx(
        30_000 * 1.6 / (8760 * 4.5 * 0.8) + 700 * 0.89 * 1.35 * 1.15 * 0.08 / 1000
    )
    assert price.low is not None
    assert price.low < price.value


def test_an_impossible_utilisation_is_named() -> None:
    result = _solve(target="mfu", params=70e9, tokens=15e12, device="H100", device_count=100, days=10)
    assert result.answer.value > 100
    assert any("cannot be met" in note for note in result.notes)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"target": "devices", "params": 7e9, "tokens": 1e12, "device": "H100"},
        {"target": "params", "budget": 1e6},
        {"target": "colour", "params": 7e9},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "days": -1},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "days": 30, "mfu": 40},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "deadline": "soon"},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "deadline": "2020-01-01"},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "days": 30, "pue": 0.5},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "days": 30, "region": "Atlantis"},
        {"params": 7e9, "tokens": 1e12, "device": "H100", "days": 30, "region": "China", "year": 1990},
    ],
)
def test_bad_input_is_one_clear_error(arguments: dict[str, object]) -> None:
    with pytest.raises((InputError, ToolError)) as caught:
        _solve(**arguments)
    assert caught.value.message
    assert caught.value.hint or caught.value.code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("by March", date(2027, 3, 31)),
        ("before March", date(2027, 2, 28)),
        ("3 月前", date(2027, 2, 28)),
        ("在 3 月底之前", date(2027, 3, 31)),
        ("before 30 June 2027", date(2027, 6, 29)),
        ("到 2027 年 6 月", date(2027, 6, 30)),
        ("by the end of Q2 2027", date(2027, 6, 30)),
        ("by 1 March", date(2027, 3, 1)),
        ("明年 3 月前", date(2027, 2, 28)),
        ("by the end of next year", date(2027, 12, 31)),
        ("三季度前", date(2027, 6, 30)),
        ("by December", date(2026, 12, 31)),
    ],
)
def test_deadlines_in_both_languages(text: str, day: date) -> None:
    assert read_deadline(text, today=date(2026, 11, 21)).day == day
    assert [found.text for found in find_deadlines(f"{text} 完成")] == [text]


def test_a_deadline_counts_from_today() -> None:
    year = today().year + 2
    result = _solve(params=7e9, tokens=2e12, device="A100", deadline=f"by 1 March {year}")
    assert result.target == "devices"
    assert result.answer.inputs()["t"].value == (date(year, 3, 1) - today()).days


@pytest.mark.parametrize(
    ("question", "target"),
    [
        ("How many H200s are needed to finish in March?", "devices"),
        ("训完要几张 A100", "devices"),
        ("how long does it take with 64 GPUs", "days"),
        ("预算 200 万美元能训多大的模型", "params"),
        ("What utilisation is needed?", "mfu"),
        ("最多能喂多少 token", "tokens"),
        ("要耗多少度电", "energy"),
    ],
)
def test_what_is_asked_for_is_found_in_the_question(question: str, target: str) -> None:
    found = find_targets(question)
    assert found[0].value == target
    assert question[found[0].start : found[0].end] == found[0].text
    assert target_symbol(question) == TARGETS[target]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_of_the_sentence_is_a_figure(lang: Language) -> None:
    result = _solve(budget=5e6, days=100, device="H100")
    values: list[tuple[float, str]] = []
    for _path, figure in result.figures():
        for part in figure.walk():
            values += [(end, part.unit) for end in (part.value, part.low, part.high) if end is not None]
    said = re.sub(r"\[[^\]]*\]", "", result.say(lang).split("\n\n")[0])  # names of sources
    numbers = [number for number in find(said) if number.kind not in ("label", "ordinal", "period", "date")]
    assert len(numbers) > 8
    for number in numbers:
        ends = (number.value,) if number.low is None or number.high is None else (number.low, number.high)
        for end in ends:
            single = replace(number, value=end, low=None, high=None, approximate=True)
            assert any(agrees(single, value, unit) for value, unit in values), (number.text, said)


def test_a_card_has_the_tornado_and_the_derivation() -> None:
    card = _solve(budget=5e6, days=100, device="H100").card("en")
    assert {block.type for block in card.blocks} >= {"fact", "plot", "tree"}
