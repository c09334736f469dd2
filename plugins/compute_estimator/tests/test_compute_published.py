"""The table of published models and the MFU ranges computed from it."""

from __future__ import annotations

import re

import pytest

from tieout.errors import ToolError
from tieout_compute_estimator import formulas
from tieout_compute_estimator.accelerators import find_device
from tieout_compute_estimator.published import (
    MfuPrior,
    PublishedModel,
    find_model,
    find_models,
    mfu_prior,
    model_table,
    prior_table,
)


def _run_mfu(model: PublishedModel) -> float:
    assert model.device and model.tokens and model.device_hours  # noqa: PT018
    device = find_device(model.device)
    peak = device.peak_tflops[device.training_dtype] * 1e12
    return formulas.mfu_from_hours(
        formulas.training_flops(model.working_params, model.tokens), model.device_hours, peak
    )


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("Llama 3 70B", "Llama 3 70B"),
        ("llama3-70b", "Llama 3 70B"),
        ("Meta Llama 3.1 405B", "Llama 3.1 405B"),
        ("GPT-3", "GPT-3 175B"),
        ("deepseek v3", "DeepSeek-V3"),
        ("Qwen 2.5 72B", "Qwen2.5-72B"),
        ("千问2.5-72B", "Qwen2.5-72B"),
        ("mixtral-8x7b", "Mixtral 8x7B"),
    ],
)
def test_model_is_found_under_its_usual_names(written: str, row: str) -> None:
    assert find_model(written).name == row


def test_unknown_model_names_its_neighbours() -> None:
    with pytest.raises(ToolError) as caught:
        find_model("Llama 3")
    assert "Llama 3 70B" in str(caught.value)


def test_versions_are_not_mixed_up_in_a_sentence() -> None:
    text = "GPT-3.5、GPT-4o 不在表里；Llama 3 的 70B、Llama 3.1 70B、Llama 2 70B 和 DeepSeek-V3 671B 在"
    assert [item.value for item in find_models(text)] == [
        "Llama 3 70B",
        "Llama 3.1 70B",
        "Llama 2 70B",
        "DeepSeek-V3",
    ]


def test_every_row_is_found_by_its_own_name_and_its_device_is_known() -> None:
    for model in model_table().models:
        assert find_model(model.name) is model
        assert model.source
        assert model.device is None or find_device(model.device).name == model.device


def test_published_flops_agree_with_6nd() -> None:
    checked = 0
    for model in model_table().models:
        if model.training_flops and model.tokens:
            ours = formulas.training_flops(model.working_params, model.tokens)
            # Gopher counts attention and Chinchilla's is a budget: up to a quarter apart.
            assert ours == pytest.approx(model.training_flops, rel=0.25), model.name
            checked += 1
    assert checked >= 6


def test_a_leak_is_called_a_leak() -> None:
    row = find_model("GPT-4")
    assert row.confidence == "low"
    assert "leak" in row.source


def test_mfu_ranges_hold_most_public_runs_and_stay_narrow() -> None:
    runs = [model for model in model_table().models if model.device_hours and model.tokens]
    inside = 0
    for model in runs:
        assert model.device
        device = find_device(model.device)
        prior = mfu_prior(device, device.training_dtype)
        inside += prior.low <= _run_mfu(model) <= prior.high
    assert len(runs) >= 20
    assert inside / len(runs) >= 0.85
    assert all(prior.high / prior.low <= 3 for prior in prior_table().rows)


def test_every_device_and_format_has_a_range() -> None:
    assert mfu_prior(find_device("H100"), "bf16").name == "Hopper, BF16"
    assert mfu_prior(find_device("H100"), "fp8").high < mfu_prior(find_device("H100"), "bf16").high
    assert mfu_prior(find_device("910B"), "fp16").confidence == "low"


def _counted_runs(prior: MfuPrior) -> list[float]:
    """The run averages that a row speaks of: no distilled models, no release that quotes another's run."""
    seen: dict[tuple[str, float, float | None], float] = {}
    for model in model_table().models:
        if (
            model.device in prior.devices
            and model.device_hours
            and model.tokens
            and "distilled" not in model.notes
        ):
            seen[(model.maker, model.params, model.device_hours)] = _run_mfu(model)
    return list(seen.values())


@pytest.mark.parametrize("name", ["Ampere, BF16", "Hopper, BF16"])
def test_the_runs_that_a_range_quotes_are_those_of_the_table(name: str) -> None:
    (prior,) = (row for row in prior_table().rows if row.name == name)
    quoted = re.match(r"(\d+) public runs of .* between (\d+)% and (\d+)%", prior.basis)
    assert quoted
    runs = _counted_runs(prior)
    assert [len(runs), round(100 * min(runs)), round(100 * max(runs))] == [int(n) for n in quoted.groups()]
    assert sum(prior.low <= run <= prior.high for run in runs) >= len(runs) - 1
