"""``memory``: weights, KV cache, training states and the devices that hold them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.errors import InputError, ToolError
from tieout.plugin import Tree
from tieout_compute_estimator import memory
from tieout_compute_estimator.number_formats import BITS, bits_of, find_formats


def test_llama3_70b_in_bf16_is_141_gb() -> None:
    result = memory(model="Llama 3 70B")
    assert result.weights is not None
    assert result.weights.value == pytest.approx(141.1e9, rel=0.001)
    assert "141 GB (131 GiB)" in result.say("en")
    assert "141 GB (131 GiB)" in result.say("zh")
    assert any("BF16 weights are assumed" in note for note in result.notes)
    assert not any("assumed" in note for note in memory(model="Llama 3 70B", dtype="bf16").notes)


def test_all_experts_take_memory() -> None:
    result = memory(model="DeepSeek-V3", dtype="fp8")
    assert result.total.value == pytest.approx(671e9)


@pytest.mark.parametrize(
    ("model", "held"),
    [("Llama 3 8B", 131_072), ("Llama 2 13B", 819_200), ("Qwen2.5-72B", 327_680), ("DeepSeek-V3", 70_272)],
)
def test_kv_cache_per_token_from_the_table(model: str, held: float) -> None:
    figure = memory(model=model).kv_per_token
    assert figure is not None
    assert figure.value == held


def test_context_adds_the_cache_to_the_total() -> None:
    result = memory(model="Llama 3 70B", context=8192, sequences=4, kv_dtype="fp8")
    assert result.kv_cache is not None
    assert result.weights is not None
    assert result.kv_cache.value == 8192 * 4 * 163_840
    assert result.total.value == result.weights.value + result.kv_cache.value


def test_an_unknown_model_may_bring_its_own_shape() -> None:
    figure = memory(32e9, layers=64, kv_heads=8, head_dim=128).kv_per_token
    assert figure is not None
    assert figure.value == 2 * 64 * 8 * 128 * 2


def test_cache_without_a_shape_is_asked_for() -> None:
    with pytest.raises(InputError, match="layers"):
        memory(32e9, context=8192)


@pytest.mark.parametrize(("device", "count"), [("H200", 2), ("B300", 1), ("A100 40G", 4)])
def test_devices_that_hold_it(device: str, count: int) -> None:
    figure = memory(model="Llama 3 70B", device=device).devices
    assert figure is not None
    assert figure.value == count


def test_a_device_without_a_memory_size() -> None:
    with pytest.raises(InputError, match="memory size"):
        memory(7e9, device="Kunlunxin P800")


@pytest.mark.parametrize(("stage", "gigabytes"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.88)])
def test_training_states_as_in_the_zero_paper(stage: int, gigabytes: float) -> None:
    figure = memory(7.5e9, purpose="training", zero_stage=stage, data_parallel=64).training_states
    assert figure is not None
    assert figure.value / 1e9 == pytest.approx(gigabytes, rel=0.02)
    assert figure.high is not None
    assert figure.high > figure.value


def test_the_card_derives_the_device_count() -> None:
    card = memory(model="Llama 3 70B", context=8192, device="H200").card("en")
    (tree,) = [block for block in card.blocks if isinstance(block, Tree)]
    assert tree.label.startswith("2 GPUs")
    assert any("⌈T / (M · 10⁹)⌉" in child.label for child in tree.children)


@pytest.mark.parametrize(
    ("name", "bits"), [("BF16", 16), ("int8", 8), ("4bit", 4), ("8 位", 8), ("Q8_0", 8.5)]
)
def test_formats_people_write(name: str, bits: float) -> None:
    assert bits_of(name) == bits


def test_a_mixture_is_no_format_of_fixed_size() -> None:
    with pytest.raises(InputError) as caught:
        bits_of("Q4_K_M")
    assert "Q8_0" in str(caught.value)


def test_an_unknown_quantisation_lists_the_known() -> None:
    with pytest.raises(InputError) as caught:
        memory(7e9, quant="Q4_K_Z")
    assert "Q4_K_M" in str(caught.value)


def test_formats_are_found_in_a_question() -> None:
    assert [item.value for item in find_formats("70B 用 FP8 或 4bit,不用 Q4_K_M")] == [
        "fp8",
        "4bit",
        "q4_k_m",
    ]


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize("name", ["params", "context", "sequences", "layers"])
def test_numbers_that_cannot_be_meant(name: str, bad: float) -> None:
    arguments: dict[str, object] = {
        "params": 7e9,
        "layers": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "context": 10,
        name: bad,
    }
    with pytest.raises(InputError, match=name):
        memory.function(**arguments)  # pyright: ignore[reportArgumentType]


def test_nothing_given_and_nothing_known() -> None:
    with pytest.raises(InputError, match="parameters"):
        memory()
    with pytest.raises(ToolError, match="No model"):
        memory(model="Foo 9000")
    with pytest.raises(InputError, match="zero_stage"):
        memory(7e9, purpose="training", zero_stage=4)


@given(
    params=st.floats(min_value=1e6, max_value=1e13),
    small=st.sampled_from(sorted(BITS)),
    large=st.sampled_from(sorted(BITS)),
)
def test_more_bits_never_take_less(params: float, small: str, large: str) -> None:
    if BITS[small] <= BITS[large]:
        assert memory(params, small).total.value <= memory(params, large).total.value
