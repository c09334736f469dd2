"""The model of a serving step: published examples, limits, and what must never happen."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout_compute_estimator.architecture_table import architecture_of
from tieout_compute_estimator.serving_demand import demand_of, demand_of_size, typical_depth
from tieout_compute_estimator.serving_model import (
    Demand,
    Factors,
    Machine,
    Parts,
    batch_from_memory,
    bound_of,
    cache_copies,
    ceiling,
    decode_step,
    expert_exchange_seconds,
    experts_touched,
    first_token,
    token_time,
    weights_held,
    weights_read,
)

H100 = Machine(1, 989.5e12, 3.35e12, 80e9, 450e9)
REAL = Factors(0.63, 0.78, 0.6, 60e-6)


def _dense(prompt: float = 1000, output: float = 500) -> Demand:
    return demand_of_size(
        70e9,
        70e9,
        weight_bytes=70e9,
        kv_bytes_per_token=163_840,
        layers=80,
        hidden=8192,
        prompt=prompt,
        output=output,
    )


def _named(model: str) -> Demand:
    """A published model with one byte per weight and cached value."""
    architecture = architecture_of(model)
    assert architecture is not None
    return demand_of(
        architecture, weight_bytes=1.0 * architecture.params, kv_bytes=1.0, prompt=1000.0, output=500.0
    )


def test_step_of_the_scaling_book() -> None:
    """Llama 2 70B in INT8 on 8 TPU v5e: 112 GB at 8 x 810 GB/s are 17 ms, 1,882 tokens/s at a batch of 32."""
    demand = replace(_dense(), cache_bytes=42e9 / 32, token_flops=0.0)
    machine = Machine(8, 197e12, 810e9, 16e9, None)
    step = decode_step(demand, machine, 32, Factors())
    assert step.total == pytest.approx(0.017, rel=0.03)
    assert 32 / step.total == pytest.approx(1882, rel=0.03)


def test_expert_exchange_of_deepseek() -> None:
    """arXiv:2505.09343, section 2.3.2: 14.76 ms over 50 GB/s InfiniBand, 0.82 ms over 900 GB/s."""
    slow = expert_exchange_seconds(32, 9, 7000, 50e9, layers=61)
    fast = expert_exchange_seconds(32, 9, 7000, 900e9, layers=61)
    assert slow == pytest.approx(14.76e-3, rel=0.01)
    assert fast == pytest.approx(0.82e-3, rel=0.01)


def test_experts_touched_by_a_batch() -> None:
    assert experts_touched(1, 256, 8) == pytest.approx(8 / 256)
    assert experts_touched(32, 256, 8) == pytest.approx(1 - (1 - 8 / 256) ** 32)
    assert experts_touched(10_000, 256, 8) == pytest.approx(1.0)


def test_a_mixture_reads_only_what_the_batch_touches() -> None:
    demand = _named("DeepSeek-V3")
    alone = weights_read(demand, H100, 1)
    crowd = weights_read(demand, H100, 4096)
    assert alone < 0.08 * demand.weight_bytes
    assert crowd == pytest.approx(demand.fixed_bytes + demand.routed_bytes)


def test_expert_parallelism_copies_everything_but_the_experts() -> None:
    demand = _named("DeepSeek-V3")
    spread = replace(H100, devices=64, expert_parallel=True)
    rest = demand.weight_bytes - demand.routed_bytes
    assert weights_held(demand, spread) == pytest.approx(64 * rest + demand.routed_bytes)
    assert weights_held(demand, replace(H100, devices=64)) == demand.weight_bytes


def test_a_latent_cache_is_copied_under_tensor_parallelism() -> None:
    eight = replace(H100, devices=8)
    assert cache_copies(_named("DeepSeek-V3"), eight) == 8
    assert cache_copies(_named("DeepSeek-V3"), replace(eight, expert_parallel=True)) == 1
    assert cache_copies(_named("Llama 3.1 70B"), eight) == 1


def test_an_untied_embedding_is_not_read() -> None:
    assert _named("Llama 3.1 8B").fixed_bytes < _named("Llama 3.1 8B").weight_bytes
    tied = _named("Llama 3.2 1B")
    assert tied.fixed_bytes == pytest.approx(tied.weight_bytes)


def test_a_draft_of_two_tokens_helps_where_memory_binds_and_hurts_where_arithmetic_does() -> None:
    small, large = 1.0, 2000.0
    machine = replace(H100, devices=2)
    for batch, better in ((small, True), (large, False)):
        plain = token_time(_dense(1, 1000), machine, batch, REAL).total
        drafted = token_time(_dense(1, 1000), machine, batch, REAL, accepted=1.2, verified=2.0).total
        assert (drafted < plain) is better


def test_first_token_waits_for_the_weights_when_the_prompt_is_short() -> None:
    short = first_token(_dense(prompt=1), H100, Factors())
    assert short == pytest.approx(70e9 / 3.35e12)
    long = first_token(_dense(prompt=10_000), H100, Factors())
    assert long == pytest.approx(2 * 70e9 * 10_000 / 989.5e12)


@pytest.mark.parametrize(
    ("parts", "limited", "bound"),
    [
        (Parts(5, 1, 2, 0, 0), False, "memory bandwidth"),
        (Parts(5, 1, 2, 0, 2), True, "capacity"),
        (Parts(1, 5, 2, 0, 0), True, "memory bandwidth"),
        (Parts(1, 1, 5, 0, 0), True, "compute"),
        (Parts(1, 1, 1, 5, 0), True, "communication"),
        (Parts(1, 0, 1, 0, 5), False, "kernel launches"),
    ],
)
def test_the_binding_bound(parts: Parts, limited: bool, bound: str) -> None:
    assert bound_of(parts, memory_limits_batch=limited) == bound


def test_a_model_that_does_not_fit_has_no_batch() -> None:
    assert batch_from_memory(replace(_dense(), weight_bytes=100e9), H100) == -math.inf


sizes = st.floats(1e9, 1e12)
lengths = st.floats(1, 1e5)


@given(sizes, lengths, lengths, st.integers(1, 64), st.floats(1, 1e4), st.floats(0.05, 1), st.floats(0.05, 1))
def test_no_prediction_exceeds_the_ceiling(
    params: float, prompt: float, output: float, devices: int, batch: float, compute: float, memory: float
) -> None:
    demand = demand_of_size(
        params,
        params,
        weight_bytes=params,
        kv_bytes_per_token=1e5,
        layers=40,
        hidden=5000,
        prompt=prompt,
        output=output,
    )
    machine = replace(H100, devices=devices)
    factors = Factors(compute, memory, 0.5, 1e-5)
    predicted = 1 / token_time(demand, machine, batch, factors).total
    assert predicted <= ceiling(demand, machine, batch=batch) * (1 + 1e-9)


@given(st.floats(1, 1e4), st.floats(1.01, 10))
def test_a_larger_batch_never_lowers_throughput_of_a_dense_model(batch: float, factor: float) -> None:
    before = token_time(_dense(), H100, batch, REAL).total
    after = token_time(_dense(), H100, batch * factor, REAL).total
    assert after <= before * (1 + 1e-9)


@given(st.floats(1, 1000))
def test_twice_the_bandwidth_and_peak_is_twice_the_speed(batch: float) -> None:
    ideal = Factors()
    fast = replace(H100, peak=2 * H100.peak, bandwidth=2 * H100.bandwidth)
    assert token_time(_dense(), fast, batch, ideal).total == pytest.approx(
        token_time(_dense(), H100, batch, ideal).total / 2
    )


def test_depth_is_that_of_a_model_of_like_size() -> None:
    assert typical_depth(69e9).layers == 80
    assert typical_depth(7.5e9).layers in (28, 32, 36)
