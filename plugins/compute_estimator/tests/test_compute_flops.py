"""FLOP conventions and activations: published figures, and properties that hold for any model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout.plugin import Figure, Formula
from tieout_compute_estimator import memory, mfu, train
from tieout_compute_estimator.activations import (
    Parallelism,
    activation_bytes,
    attention_share,
    gpt_layer_bytes,
    layer_bytes,
    selective_overhead,
)
from tieout_compute_estimator.architecture_config import architecture_from_config
from tieout_compute_estimator.architecture_table import architecture_of, architecture_table
from tieout_compute_estimator.derivation import substituted
from tieout_compute_estimator.flop_conventions import (
    exact_flops_per_token,
    forward_flops,
    megatron_iteration_flops,
    megatron_params,
)

NAMES = [row.name for row in architecture_table().models]


def test_gpt2_forward_pass_as_nanogpt_counts_it() -> None:
    architecture = architecture_of("GPT-2 124M")
    assert architecture is not None
    assert forward_flops(architecture, 1024) == 291_648_307_200


def test_deepseek_v3_needs_250_gflop_per_token() -> None:
    architecture = architecture_of("DeepSeek-V3")
    assert architecture is not None
    flops = exact_flops_per_token(architecture, 4096, multi_token=False)
    assert flops.model / 1e9 == pytest.approx(250, rel=0.005)


def test_megatron_counts_gpt3() -> None:
    assert megatron_params(96, 12288, 51200, 2048) == pytest.approx(174.6e9, rel=0.001)
    flops = megatron_iteration_flops(96, 12288, 51200, 2048, 1536)
    assert flops / (1024 * 138e12) == pytest.approx(32, rel=0.03)


@pytest.mark.parametrize("seq", [512, 2048, 8192])
def test_the_exact_count_of_a_gpt_is_megatrons(seq: int) -> None:
    architecture = architecture_of("GPT-3 175B")
    assert architecture is not None
    exact = exact_flops_per_token(architecture, seq, attention="full", recompute="full")
    model = megatron_iteration_flops(96, 12288, 50257, seq, 1, recompute=False) / seq
    hardware = megatron_iteration_flops(96, 12288, 50257, seq, 1, recompute=True) / seq
    assert exact.model == pytest.approx(model, rel=1e-9)
    assert exact.hardware == pytest.approx(hardware, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_ordered(name: str) -> None:
    architecture = architecture_of(name)
    assert architecture is not None
    none, causal, full = (
        exact_flops_per_token(architecture, 4096, attention=kind).model for kind in ("none", "causal", "full")
    )
    assert none < causal <= full
    plain, selective, whole = (
        exact_flops_per_token(architecture, 4096, recompute=kind).hardware
        for kind in ("none", "selective", "full")
    )
    assert plain < selective < whole < plain * 4 / 3


@given(
    st.sampled_from(["Llama 3 8B", "Gemma 3 27B", "DeepSeek-V3"]),
    st.integers(1, 200_000),
    st.integers(1, 200_000),
)
def test_longer_sequences_never_cost_less_per_token(name: str, left: int, right: int) -> None:
    architecture = architecture_of(name)
    assert architecture is not None
    short, long = sorted((left, right))
    for attention in ("causal", "full"):
        below, above = (
            exact_flops_per_token(architecture, seq, attention=attention).model for seq in (short, long)
        )
        assert below <= above


def test_korthikanti_175b() -> None:
    assert attention_share(2048, 12288, 96) == pytest.approx(0.70, abs=0.01)
    assert selective_overhead(2048, 12288) == pytest.approx(0.027, abs=0.0005)
    whole = gpt_layer_bytes(2048, 1, 12288, 96)
    assert whole == 2048 * 12288 * (34 + 5 * 96 * 2048 / 12288)
    assert gpt_layer_bytes(2048, 1, 12288, 96, tensor=8) == whole / 8
    assert gpt_layer_bytes(2048, 1, 12288, 96, tensor=8, sequence=False) > whole / 8


def test_any_layer_reduces_to_the_papers_formula() -> None:
    architecture = architecture_of("GPT-3 175B")
    assert architecture is not None
    parts = layer_bytes(architecture.layers[0], 12288, 2048, 1, dropout=True, flash=False)
    assert sum(parts) == gpt_layer_bytes(2048, 1, 12288, 96)
    assert parts[0] == 10 * 2048 * 12288


@pytest.mark.parametrize("name", NAMES)
def test_less_is_kept_with_recomputation_and_parallelism(name: str) -> None:
    architecture = architecture_of(name)
    assert architecture is not None

    def held(tensor: int = 1, *, sequence: bool = True, recompute: str = "none") -> float:
        return activation_bytes(
            architecture,  # pyright: ignore[reportArgumentType]
            4096,
            1,
            parallel=Parallelism(tensor, sequence),
            recompute=recompute,  # pyright: ignore[reportArgumentType]
            flash=False,
        )

    assert held(recompute="full") < held(recompute="selective") <= held()
    assert held(8) == pytest.approx(held() / 8)
    assert held(8) < held(8, sequence=False) < held()


# --- the tools -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"convention": "exact"},
        {"convention": "exact", "attention": "full", "recompute": "full"},
        {"convention": "palm"},
        {"attention": "causal", "recompute": "selective"},
        {"convention": "megatron", "recompute": "full"},
        {"recompute": "full"},
    ],
)
def test_training_under_each_convention(arguments: dict[str, str]) -> None:
    result = train(model="Llama 3 8B", device="H100", mfu=0.4, seq=8192, **arguments)  # pyright: ignore[reportArgumentType]
    plain = train(model="Llama 3 8B", device="H100", mfu=0.4)
    assert result.flops.value == pytest.approx(plain.flops.value, rel=0.45)
    _check(result.hardware_flops or result.flops)
    assert (result.hfu is None) == (arguments.get("recompute", "none") == "none")
    if result.hfu is not None and result.hardware_flops is not None:
        assert result.hfu.value / 40 == pytest.approx(result.hardware_flops.value / result.flops.value)
    for lang in ("zh", "en"):
        assert result.say(lang)


@pytest.mark.parametrize(
    "arguments",
    [
        {"convention": "exact"},
        {"convention": "exact", "attention": "full", "recompute": "full"},
        {"convention": "palm"},
        {"attention": "causal", "recompute": "selective"},
        {"convention": "megatron", "recompute": "full"},
        {"convention": "3nd"},
    ],
)
def test_utilisation_under_each_convention(arguments: dict[str, str]) -> None:
    """The same FLOP as ``train`` counts, over the hours of the run."""
    result = mfu(model="Llama 3 8B", seq=8192, **arguments)  # pyright: ignore[reportArgumentType]
    counted = train(model="Llama 3 8B", seq=8192, **arguments)  # pyright: ignore[reportArgumentType]
    plain = mfu(model="Llama 3 8B")
    assert (result.convention, result.flops) == (counted.convention, counted.flops)
    assert result.mfu.value / plain.mfu.value == pytest.approx(result.flops.value / plain.flops.value)
    assert (result.hfu is None) == (counted.hardware_flops is None)
    _check(result.hardware_flops or result.flops)
    rule = result.flops.origin
    assert isinstance(rule, Formula)
    assert rule.convention in result.say("en")
    assert "6ND" not in result.say("en")
    assert "6ND" in plain.say("en")


def test_utilisation_with_the_published_size_follows_the_convention() -> None:
    hours = {"tokens": 15e12, "gpu_hours": 6.4e6, "device": "H100", "model": "Llama 3 70B", "seq": 8192}
    palm = mfu(70e9, convention="palm", **hours)  # pyright: ignore[reportArgumentType]
    assert palm.mfu_published_size is not None
    assert palm.mfu_published_size.value == pytest.approx(
        mfu(
            convention="palm", model="Llama 3 70B", tokens=15e12, gpu_hours=6.4e6, device="H100", seq=8192
        ).mfu.value
    )
    assert mfu(70e9, convention="exact", **hours).mfu_published_size is None  # pyright: ignore[reportArgumentType]


def test_the_command_and_the_model_can_ask_for_a_convention() -> None:
    wanted = {"convention", "attention", "recompute", "seq", "config"}
    for tool in (train, mfu):
        assert wanted <= {parameter.name for parameter in tool.parameters}
        assert wanted <= set(tool.arguments_model.model_json_schema()["properties"])


def _check(figure: Figure) -> None:
    if not isinstance(figure.origin, Formula):
        return
    text = substituted(figure.origin).replace("·", "*")
    assert eval(text) == pytest.approx(figure.value, rel=1e-4), text
    for part in figure.inputs().values():
        _check(part)


def test_full_recomputation_is_eight_nd() -> None:
    result = train(70e9, 15e12, recompute="full")
    assert result.hardware_flops is not None
    assert result.hardware_flops.value == 8 * 70e9 * 15e12
    assert result.flops.value == 6 * 70e9 * 15e12


def test_an_encoder_decoder_takes_half() -> None:
    assert train(11e9, 1e12, convention="3nd").flops.value == pytest.approx(3.3e22)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "Llama 3 8B", "convention": "exact"}, "sequence length"),
        ({"model": "Llama 3 8B", "convention": "6nd", "attention": "full"}, "no attention"),
        ({"params": 7e9, "tokens": 1e12, "convention": "exact", "seq": 4096}, "config"),
        ({"model": "Jamba", "tokens": 1e12, "convention": "palm", "seq": 4096}, "every layer"),
        ({"model": "Llama 3 8B", "config": "config.json"}, "one of"),
    ],
)
def test_what_a_convention_needs(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        train(**arguments)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", ["convention", "attention", "recompute"])
def test_a_misspelt_choice_lists_the_known(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} cannot be 'fulll'.*full|{name} cannot be 'fulll'.*6nd"):
        train(7e9, 1e12, **{name: "fulll"})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", ["optimizer", "purpose", "recompute"])
def test_a_misspelt_choice_of_memory(name: str) -> None:
    with pytest.raises(InputError, match="cannot be 'adamm'"):
        memory(7e9, **{"purpose": "training", name: "adamm"})  # pyright: ignore[reportArgumentType]


def test_a_configuration_stands_for_the_model(tmp_path: Path) -> None:
    row = next(row for row in architecture_table().models if row.name == "Mixtral 8x7B")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(row.config))
    result = train(tokens=1e12, config=str(path))
    architecture = architecture_from_config(row.config)
    assert result.params.value == architecture.active_params
    assert result.flops.value == pytest.approx(6 * architecture.active_params * 1e12)
    held = memory(config=str(path), dtype="bf16", context=1000)
    assert held.params.value == 46_702_792_704
    assert held.kv_per_token is not None
    assert held.kv_per_token.value == 131_072


def test_training_memory_with_activations() -> None:
    result = memory(
        model="Llama 3 8B", purpose="training", context=8192, tensor_parallel=8, zero_stage=1, data_parallel=8,
        device="H100",
    )  # fmt: skip
    assert result.activations is not None
    assert result.training_states is not None
    assert result.total.value == result.activations.value + result.training_states.value
    assert result.free is not None
    assert result.free.value == pytest.approx(80e9 - result.total.value)
    full = memory(model="Llama 3 8B", purpose="training", context=8192, tensor_parallel=8, recompute="full")
    assert full.activations is not None
    assert full.activations.value < result.activations.value / 3
    _check(result.activations)


def test_it_says_whether_it_fits() -> None:
    assert "It fits" in memory(model="Llama 3 8B", device="H100", device_count=1).say("en")
    lacking = memory(model="Llama 3 70B", device="H100", device_count=1)
    assert "It does not fit" in lacking.say("en")
    assert "装不下" in lacking.say("zh")
    assert lacking.free is None
    assert lacking.lacking is not None
    assert lacking.lacking.value == pytest.approx(lacking.total.value - 80e9)


def test_a_latent_cache_is_not_split() -> None:
    result = memory(model="DeepSeek-V3", dtype="fp8", context=100_000, tensor_parallel=8)
    assert result.per_device is not None
    assert result.kv_cache is not None
    assert result.weights is not None
    assert result.per_device.value == result.weights.value / 8 + result.kv_cache.value


@pytest.mark.parametrize(("optimizer", "bytes_each"), [("adam", 16), ("adam-8bit", 10), ("lion", 12)])
def test_optimisers_keep_different_states(optimizer: str, bytes_each: float) -> None:
    result = memory(1e9, purpose="training", optimizer=optimizer, gradient_dtype="bf16")  # pyright: ignore[reportArgumentType]
    assert result.total.value == bytes_each * 1e9
    assert result.total.low is None
