"""The tool ``serve``: what it says, its bounds, its notes, and clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tieout.errors import InputError, ToolError
from tieout.plugin import Formula, Plot
from tieout_compute_estimator import serve
from tieout_compute_estimator.counting import find_batches


def test_a_measured_case_lies_in_the_band() -> None:
    """TensorRT-LLM 0.17 and later: 3,082 tokens/s for Llama 3.3 70B FP8 on two H100 at 2,048/2,048."""
    result = serve("Llama 3.3 70B", "H100 SXM", device_count=2, dtype="fp8", prompt=2048, output=2048)
    low, high = result.throughput.low, result.throughput.high
    assert low is not None
    assert high is not None
    assert low < 3082 < high < result.upper_bound.value
    assert result.bound == "memory bandwidth"


def test_one_sequence_is_bound_by_memory_and_its_time_is_one_over_the_speed() -> None:
    result = serve("Llama 2 7B", "A100", batch=1, prompt=1, output=200)
    assert result.bound == "memory bandwidth"
    assert result.throughput.value == pytest.approx(1000 / result.time_per_output_token.value, rel=0.01)


def test_small_memory_makes_capacity_the_bound() -> None:
    result = serve("DeepSeek-V3", "H20", dtype="fp8", device_count=8)
    assert result.bound == "capacity"
    assert result.experts_touched is not None
    assert 50 < result.experts_touched.value < 100


def test_every_figure_has_its_derivation_and_a_band() -> None:
    result = serve("Mixtral 8x7B", "MI300X", dtype="fp8", speculative=1.8)
    for figure in (result.throughput, result.time_to_first_token, result.time_per_output_token):
        assert isinstance(figure.origin, Formula)
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
        assert any(part.metric == "memory bandwidth" for part in figure.walk())
    assert any("speculative" in note for note in result.notes)


def test_the_numbers_in_the_formula_give_the_value() -> None:
    """The step, recomputed from the figures that its formula names."""
    result = serve("Llama 3.1 70B", "H100 SXM", device_count=2, dtype="fp8", prompt=2048, output=2048)
    step = result.throughput.inputs()["t"]
    f = {name: figure.value for name, figure in step.inputs().items()}
    assert step.value == pytest.approx(
        1e3
        * (
            (f["R"] + f["C"]) / (f["n"] * f["b"] * 1e12 * f["em"])
            + f["B"] * f["F"] / (f["n"] * f["P"] * 1e12 * f["ec"])
        )
        + f["X"]
        + f["L"] * f["τ"] / 1e3
    )
    x = {name: figure.value for name, figure in step.inputs()["X"].inputs().items()}
    assert step.inputs()["X"].value == pytest.approx(
        1e3 * 2 * x["L"] * 2 * (x["n"] - 1) / x["n"] * x["T"] * x["h"] * 2 / (x["l"] * 1e9 / 2 * x["el"])
    )
    t = {name: figure.value for name, figure in result.throughput.inputs().items()}
    assert result.throughput.value == pytest.approx(1e3 / (t["t"] / t["B"] + t["f"] / t["o"]))
    u = {name: figure.value for name, figure in result.upper_bound.inputs().items()}
    assert result.upper_bound.value == pytest.approx(
        1
        / max(
            (u["F"] + u["Q"] / u["o"]) / (u["n"] * u["P"] * 1e12),
            (u["R"] / u["B"] + u["K"]) / (u["n"] * u["b"] * 1e12),
        ),
        rel=1e-3,
    )


def test_a_config_file_serves_like_the_named_model(tmp_path: Path) -> None:
    config = {
        "model_type": "llama",
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 14336,
        "vocab_size": 128256,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    read = serve(config=str(tmp_path / "config.json"), device="H20", dtype="fp8")
    named = serve("Llama 3.1 8B", "H20", dtype="fp8")
    assert read.throughput.value == pytest.approx(named.throughput.value, rel=0.01)


def test_a_size_alone_is_enough_and_says_what_is_assumed() -> None:
    result = serve(device="A100", params=13e9)
    assert any("like in size" in note for note in result.notes)
    assert any("BF16" in note for note in result.notes)


def test_both_languages_and_the_card() -> None:
    result = serve("Qwen3-32B", "H20")
    assert "token" in result.say("en")
    assert "每秒" in result.say("zh") or "token/秒" in result.say("zh")
    for lang in ("en", "zh"):
        plots = [block for block in result.card(lang).blocks if isinstance(block, Plot)]
        assert {plot.kind for plot in plots} == {"bar", "line"}


def test_outside_the_measurements_it_says_so() -> None:
    assert any("Ascend 910B" in note for note in serve("Qwen2.5-72B", "Ascend 910B").notes)
    inside = serve("Llama 3.1 8B", "H100 SXM", dtype="fp8")
    assert not any("measurement" in note for note in inside.notes)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"model": "Llama 3.1 70B", "device": "A100", "dtype": "fp8"}, ToolError, "fp8"),
        ({"model": "Llama 3.1 70B", "device": "H100", "device_count": 1}, InputError, "does not fit"),
        (
            {"model": "Llama 3.1 8B", "device": "H100", "device_count": 1, "batch": 100_000},
            InputError,
            "at most",
        ),
        ({"model": "Llama 3.1 8B"}, InputError, "device"),
        ({"device": "H100"}, InputError, "parameters"),
        ({"model": "Lama 3.1 8B", "device": "H100"}, ToolError, "Llama 3.1 8B"),
        ({"model": "Llama 3.1 8B", "device": "H1000"}, ToolError, "H100"),
        ({"model": "Llama 3.1 8B", "device": "H100", "prompt": -5}, InputError, "prompt"),
        ({"model": "Llama 3.1 8B", "device": "H100", "output": float("nan")}, InputError, "output"),
        ({"model": "Llama 3.1 8B", "device": "H100", "speculative": 0.5}, InputError, "speculative"),
        ({"model": "Llama 3.1 8B", "device": "H100", "parallel": "expert"}, InputError, "experts"),
        ({"model": "Llama 3.1 8B", "device": "H100", "device_count": 1.5}, InputError, "whole"),
    ],
)
def test_bad_input_is_one_clear_error(
    arguments: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        serve(**arguments)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "value"),
    [("并发 64 路", 64), ("64 concurrent requests", 64), ("batch size of 1,024", 1024), ("128 路请求", 128)],
)
def test_batches_are_read_from_text(text: str, value: float) -> None:
    assert [candidate.value for candidate in find_batches(text)] == [value]
