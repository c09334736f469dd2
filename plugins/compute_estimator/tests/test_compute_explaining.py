"""``explain``: calls as text, saved results, forms, what if, compare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tieout.errors import InputError, ToolError
from tieout.plugin import Figure
from tieout_compute_estimator import explain, explanation, mfu, train
from tieout_compute_estimator.call_text import call_of, named_figures
from tieout_compute_estimator.rendering import FORMS, Form


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("train 70B 15T device=H100", "train", {"params": "70B", "tokens": "15T", "device": "H100"}),
        ("/compute train model='Llama 3 70B'", "train", {"model": "Llama 3 70B"}),
        (
            "compute.solve budget=$5M days=90 device=H100",
            "solve",
            {"budget": "$5M", "days": "90", "device": "H100"},
        ),
        ("mfu --model=GPT-3", "mfu", {"model": "GPT-3"}),
    ],
)
def test_calls_are_read_as_they_would_be_typed(text: str, tool: str, arguments: dict[str, str]) -> None:
    call = call_of(text)
    assert (call.tool.name, call.arguments) == (tool, arguments)


def test_a_question_becomes_a_call() -> None:
    call = call_of("为什么用 H100 训练 Llama 3 70B 要这么多卡时")
    assert call.tool.name == "train"
    assert call.arguments == {"device": "H100 SXM", "model": "Llama 3 70B"}
    call = call_of("why does a 13B model on 2T tokens cost so much on A100?")
    assert call.arguments["tokens"] == "2T tokens"


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("show how the GPU-hours of a 70B model on 15T tokens on H100 were derived", "device-hours"),
        ("为什么用 H100 训练 Llama 3 70B 的费用这么高", "rental cost"),
        ("where does the training compute of GPT-3 come from", "training compute"),
    ],
)
def test_a_question_names_the_figure(question: str, metric: str) -> None:
    assert explain(question).figure.metric == metric


def test_the_figure_is_what_the_tool_computed() -> None:
    result = explain("train 70B 15T device=H100 device_count=1024 mfu=40%")
    alone = train(70e9, 15e12, "H100", device_count=1024, mfu=0.4)
    assert alone.days is not None
    assert result.figure.value == alone.days.value
    assert result.figure.metric == "duration"


@pytest.mark.parametrize("name", ["cost", "rental cost", "租金", "Rental-Cost"])
def test_why_names_the_figure(name: str) -> None:
    result = explain("train 70B 15T device=H100", why="cost" if name == "租金" else name)
    assert result.figure.metric == "rental cost"
    assert "device-hours" in result.say("en")


def test_what_if_repeats_the_call_with_changes() -> None:
    result = explain("train 70B 15T device=H100 mfu=25%", why="device hours", what_if="mfu=50%")
    (difference,) = result.differences
    assert difference.ratio.value == pytest.approx(0.5)
    assert difference.after.value == pytest.approx(difference.before.value / 2)
    card = result.card("en")
    assert any(block.type == "table" for block in card.blocks)


def test_compare_puts_two_calls_side_by_side() -> None:
    result = explain("train 70B 15T device=H100 mfu=40%", compare="train 70B 15T device=A100 mfu=40%")
    ratios = {item.before.metric: item.ratio.value for item in result.differences}
    assert ratios["training FLOP"] == 1
    assert ratios["device-hours"] == pytest.approx(989.5 / 312, rel=1e-3)


def test_a_saved_result_is_explained_again(tmp_path: Path) -> None:
    result = mfu(model="Llama 3 70B")
    path = tmp_path / "saved.json"
    path.write_text(result.model_dump_json(), encoding="utf-8")
    again = explain(str(path), why="mfu")
    assert again.figure == result.mfu
    with pytest.raises(InputError, match="run again"):
        explain(str(path), what_if="mfu=50%")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_formula_numbers_and_source(form: Form) -> None:
    text = explain("mfu model='Llama 3 70B'", form=form).rendering("en")
    assert "Llama 3 model card" in text
    assert "Chowdhery" in text
    assert "989.5" in text
    if form == "json":
        assert Figure.model_validate(json.loads(text)).metric == "MFU"
    if form == "latex":
        assert text.startswith(r"\begin{align*}")
        assert text.count(r"\begin") == text.count(r"\end") == 1
    if form == "markdown":
        assert len({line.count("|") for line in text.splitlines()}) == 1


def test_results_of_the_python_functions_can_be_explained() -> None:
    result = explanation(named_figures(train(70e9, 15e12, "H100")), why="energy")
    assert result.figure.metric == "energy"
    assert "energy" not in result.also


@pytest.mark.parametrize(
    "arguments",
    [
        {"call": "hello there"},
        {"call": ""},
        {"call": "train 70B 15T colour=red"},
        {"call": "train lots 15T"},
        {"call": "train 70B 15T device=H999"},
        {"call": "train 70B 15T", "why": "colour"},
        {"call": "train 70B 15T", "what_if": "50%"},
        {"call": "nothing-here.json"},
    ],
)
def test_bad_input_is_one_clear_error(arguments: dict[str, str]) -> None:
    with pytest.raises((InputError, ToolError)) as caught:
        explain(**arguments)  # type: ignore[arg-type]
    assert caught.value.message


def test_a_file_without_figures_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(InputError, match="computed figures"):
        explain(str(path))
