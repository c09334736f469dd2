"""``train`` and ``mfu``: figures, origins, sentences, cards and bad input."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given as property_given
from hypothesis import strategies as st
from pydantic import ValidationError

from tieout.errors import InputError, ToolError
from tieout.plugin import Figure, Formula, Language, TableRow, Tree
from tieout.quantities import Quantity, agrees, find
from tieout_compute_estimator import MfuResult, TrainingEstimate, mfu, train
from tieout_compute_estimator.caveats import data_notes
from tieout_compute_estimator.pricing import find_hourly_prices


def _labels(tree: Tree) -> list[str]:
    return [tree.label, *(label for child in tree.children for label in _labels(child))]


def test_llama3_70b_mfu_with_the_rounded_size() -> None:
    result = mfu(70e9, 15e12, 6.4e6, "H100")
    assert result.mfu.value == pytest.approx(27.63, abs=0.01)
    assert result.mfu.unit == "%"
    row = result.peak.origin
    assert isinstance(row, TableRow)
    assert (row.table, row.row, row.field, row.confidence) == (
        "hardware",
        "H100 SXM",
        "peak_tflops.bf16",
        "high",
    )
    assert row.as_of == date(2026, 8, 22)
    assert result.params.origin is None  # the session says who gave it


def test_llama3_70b_mfu_from_the_table_alone() -> None:
    result = mfu(model="Llama 3 70B")
    assert result.mfu.value == pytest.approx(27.85, abs=0.01)
    assert isinstance(result.params.origin, TableRow)
    assert "model card" in result.params.origin.source
    assert any("H100 SXM" in note for note in result.notes)


def test_both_sizes_are_reported_when_the_one_given_is_a_rounding() -> None:
    result = mfu(70e9, 15e12, 6.4e6, "H100", model="Llama 3 70B")
    assert result.mfu_published_size is not None
    assert (round(result.mfu.value, 1), round(result.mfu_published_size.value, 1)) == (27.6, 27.9)


@pytest.mark.parametrize(
    ("model", "percent"),
    [
        ("Llama 2 70B", 42.8),
        ("LLaMA 65B", 47.8),
        ("Llama 3.1 405B", 34.6),
        ("DeepSeek-V3", 34.6),
        ("Llama 3 8B", 15.6),
    ],
)
def test_mfu_of_published_runs(model: str, percent: float) -> None:
    assert mfu(model=model).mfu.value == pytest.approx(percent, abs=0.1)


def test_hours_of_another_device_are_not_taken_from_the_table() -> None:
    with pytest.raises(InputError, match="device-hours"):
        mfu(model="Llama 3 70B", device="A100")


def test_impossible_utilisation_is_said_to_be_impossible() -> None:
    result = mfu(70e9, 15e12, 1e6, "H100")
    assert result.mfu.value > 100
    assert any("impossible" in note for note in result.notes)


def test_training_flops_without_a_device() -> None:
    result = train(174.6e9, 300e9)
    assert result.pf_days.value == pytest.approx(3637.5, abs=0.1)
    assert result.device_hours is None
    assert isinstance(result.flops.origin, Formula)
    assert result.flops.origin.expression == "6 · N · D"
    assert "Kaplan" in result.flops.origin.reference


def test_given_mfu_gives_single_values() -> None:
    result = train(70e9, 15e12, "H100", mfu=0.4, device_count=16_000, usd_per_hour=2.0)
    assert result.device_hours is not None
    assert result.days is not None
    assert result.cost is not None
    assert result.device_hours.value == pytest.approx(6.3e24 / (0.4 * 989.5e12 * 3600))
    assert result.device_hours.low is None
    assert result.days.value == pytest.approx(result.device_hours.value / 16_000 / 24)
    assert result.cost.value == pytest.approx(2 * result.device_hours.value)
    assert not any("No MFU" in note for note in result.notes)


def test_without_mfu_every_result_is_a_range_and_says_so() -> None:
    result = train(70e9, 15e12, "H100", device_count=16_000)
    for figure in (result.mfu, result.device_hours, result.days, result.energy, result.cost):
        assert figure is not None
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
    assert any("No MFU" in note for note in result.notes)


def test_the_range_holds_what_meta_reported() -> None:
    result = train(model="Llama 3 70B")
    hours, reported = result.device_hours, result.published_device_hours
    assert hours is not None
    assert reported is not None
    assert hours.low is not None
    assert hours.high is not None
    assert hours.low <= reported.value <= hours.high


def test_a_mixture_of_experts_counts_its_active_parameters() -> None:
    by_name = train(model="DeepSeek-V3").flops.value
    assert by_name == pytest.approx(6 * 37e9 * 14.8e12)
    # "671B" beside the name is the name, not the N of 6ND.
    assert train(671e9, model="DeepSeek-V3").flops.value == by_name
    assert train(671e9, 14.8e12, active_params=37e9).flops.value == pytest.approx(by_name)


def test_a_size_that_contradicts_the_model_is_used_and_noted() -> None:
    result = train(8e9, model="Llama 3 70B")
    assert result.params.value == 8e9
    assert any("differs" in note for note in result.notes)


def test_conflicting_peaks_widen_the_range() -> None:
    result = train(7e9, 1e12, "910B", mfu=0.4)
    hours = result.device_hours
    assert hours is not None
    assert hours.low == pytest.approx(hours.value * 376 / 414)
    assert hours.high == pytest.approx(hours.value * 376 / 280)
    assert any("Low confidence" in note for note in result.notes)


def test_a_price_older_than_six_months_says_so() -> None:
    price = train(7e9, 1e12, "H100").cost
    assert price is not None
    row = price.inputs()["p"].origin
    assert isinstance(row, TableRow)
    assert row.valid_until is not None
    assert data_notes([price], on=row.valid_until) == []
    (note,) = data_notes([price], on=date(2027, 3, 1))
    assert "Out of date" in note
    assert "H100 SXM" in note


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "result",
    [
        mfu(70e9, 15e12, 6.4e6, "H100", model="Llama 3 70B"),
        train(model="DeepSeek-V3", device_count=2048),
        train(model="GPT-3"),
        train(70e9, 15e12, "H100", mfu=0.4, device_count=16_000, usd_per_hour=2.5),
        train(13e9, 2e12, "A100 40G", dtype="fp16"),
    ],
)
def test_every_quantity_said_is_one_of_the_figures(
    result: TrainingEstimate | MfuResult, lang: Language
) -> None:
    said = result.say(lang)
    for name in (result.subject, result.device):
        said = said.replace(name, "") if name else said
    figures = [part for _path, figure in result.figures() for part in figure.walk()]
    for quantity in find(said):
        if quantity.unit:
            assert any(_agrees(quantity, figure) for figure in figures), (quantity.text, said)


def _agrees(shown: Quantity, figure: Figure) -> bool:
    ends = (figure.value, figure.low, figure.high)
    return any(end is not None and agrees(shown, end, figure.unit) for end in ends)


def test_the_sentences_name_their_sources_in_both_languages() -> None:
    result = mfu(model="Llama 3 70B")
    for said in (result.say("en"), result.say("zh")):
        assert "27.9%" in said
        assert "989.5 TFLOP/s" in said
    assert "Meta, Llama 3 model card" in result.say("en")
    assert "Meta，Llama 3 模型卡" in result.say("zh")
    assert "稠密峰值" in result.say("zh")


def test_the_card_shows_the_derivation_with_the_numbers_put_in() -> None:
    card = mfu(70e9, 15e12, 6.4e6, "H100").card("en")
    (tree,) = [block for block in card.blocks if isinstance(block, Tree)]
    labels = _labels(tree)
    assert labels[0].startswith("MFU = 27.6%")
    assert "C / (3600 · h · P · 10¹²) = 6.3e24 / (3600 · 6.4e6 · 989.5 · 10¹²)" in labels
    assert "6 · N · D = 6 · 7e10 · 1.5e13" in labels
    assert any("arXiv:2204.02311" in label for label in labels)
    assert any("hardware" in label and "confidence high" in label for label in labels)


def test_result_survives_json() -> None:
    result = train(model="Llama 3 70B", device_count=100)
    assert type(result).model_validate_json(result.model_dump_json()) == result


BAD_NUMBERS = [0, -1, math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("bad", BAD_NUMBERS)
@pytest.mark.parametrize("name", ["params", "tokens", "active_params", "usd_per_hour", "device_count"])
def test_numbers_that_cannot_be_meant(name: str, bad: float) -> None:
    arguments: dict[str, object] = {"params": 7e9, "tokens": 1e12, "device": "H100", name: bad}
    with pytest.raises(InputError, match=name):
        train(**arguments)  # pyright: ignore


@pytest.mark.parametrize("bad", [*BAD_NUMBERS, 1.01, 40])
def test_mfu_that_is_no_fraction(bad: float) -> None:
    with pytest.raises(InputError, match="mfu must be above 0%"):
        train(7e9, 1e12, "H100", mfu=bad)


@pytest.mark.parametrize("bad", BAD_NUMBERS)
def test_hours_that_cannot_be_meant(bad: float) -> None:
    with pytest.raises(InputError, match="gpu_hours"):
        mfu(7e9, 1e12, bad, "H100")


def test_half_a_device_is_refused() -> None:
    with pytest.raises(InputError, match="whole number"):
        train(7e9, 1e12, "H100", device_count=1.5)


def test_fp8_on_a100_is_refused_with_what_there_is() -> None:
    with pytest.raises(ToolError) as caught:
        train(7e9, 1e12, "A100", dtype="fp8")
    assert caught.value.code == "compute-no-such-dtype"
    assert "BF16" in str(caught.value)
    assert "INT8" in str(caught.value)


def test_what_is_missing_is_asked_for_with_an_example() -> None:
    with pytest.raises(InputError) as caught:
        mfu(70e9)
    assert caught.value.code == "compute-missing-input"
    assert "15T tokens" in str(caught.value)
    with pytest.raises(InputError, match=r"device-hours.*device"):
        mfu(70e9, 15e12)


def test_text_with_units_is_accepted_and_wrong_units_are_refused() -> None:
    filled = mfu.arguments_model.model_validate(
        {"params": "70B", "tokens": "15 万亿 token", "gpu_hours": "640 万卡时", "device": "H100"}
    )
    assert filled.model_dump(exclude_none=True, exclude_defaults=True) == {
        "params": 70e9,
        "tokens": 15e12,
        "gpu_hours": 6.4e6,
        "device": "H100",
    }
    for wrong in ({"params": "70 GB"}, {"tokens": "15 days"}, {"gpu_hours": "700 W"}, {"params": "many"}):
        with pytest.raises(ValidationError):
            mfu.arguments_model.model_validate(wrong)


@pytest.mark.parametrize(
    ("written", "usd"),
    [
        ("$2.5/GPU-hour", 2.5),
        ("2 美元/小时", 2.0),
        ("$2 per hour", 2.0),
        ("2.5 美元/卡时", 2.5),
        ("3", 3.0),
        (1.5, 1.5),
    ],
)
def test_an_hourly_price_may_be_written_in_many_ways(written: object, usd: float) -> None:
    filled = train.arguments_model.model_validate({"usd_per_hour": written})
    assert filled.model_dump()["usd_per_hour"] == usd


@pytest.mark.parametrize("written", ["2 元/小时", "cheap", "$1 or $2 per hour"])
def test_a_price_in_another_currency_or_none_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="USD"):
        train.arguments_model.model_validate({"usd_per_hour": written})


def test_hourly_prices_are_found_in_a_question() -> None:
    for text in ("每卡时 2 美元的话要花多少", "at $2 an hour, how much", "按 2 美元/小时算"):
        assert [item.value for item in find_hourly_prices(text)] == [2.0]
    assert find_hourly_prices("a budget of $2 million for 100 hours") == []


sizes = st.floats(min_value=1e6, max_value=1e13)


@property_given(params=sizes, tokens=sizes, scale=st.floats(min_value=0.1, max_value=10))
def test_mfu_is_blind_to_scale(params: float, tokens: float, scale: float) -> None:
    # Twice the tokens in twice the hours is the same utilisation.
    first = mfu(params, tokens, 1e6, "H100").mfu.value
    second = mfu(params, tokens * scale, 1e6 * scale, "H100").mfu.value
    assert second == pytest.approx(first)


@property_given(params=sizes, tokens=sizes, share=st.floats(min_value=0.01, max_value=1))
def test_train_and_mfu_are_inverse(params: float, tokens: float, share: float) -> None:
    hours = train(params, tokens, "A100", mfu=share).device_hours
    assert hours is not None
    assert mfu(params, tokens, hours.value, "A100").mfu.value == pytest.approx(100 * share)


@property_given(st.floats(), st.floats(), st.floats(), st.floats())
def test_any_floats_give_finite_figures_or_one_clear_error(a: float, b: float, c: float, d: float) -> None:
    for run in (lambda: mfu(a, b, c, "H100"), lambda: train(a, b, "H100", mfu=c, usd_per_hour=d)):
        try:
            result = run()
        except InputError as error:
            message = str(error)
        else:
            message = ""
            assert all(math.isfinite(figure.value) for _path, figure in result.figures())
        if not all(math.isfinite(value) and value > 0 for value in (a, b, c)):
            assert message


def test_overflow_is_an_error_and_no_nan() -> None:
    with pytest.raises(InputError, match="cannot be computed"):
        mfu(12.0, 2.5e306, 5e289, "H100")
