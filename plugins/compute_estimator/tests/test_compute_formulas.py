"""The plain-float formulas against published figures, and the laws they obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout_compute_estimator import formulas

positive = st.floats(min_value=1e-3, max_value=1e15)


def test_gpt3_takes_3640_petaflop_days() -> None:
    # Brown et al. 2020, Table D.1
    assert formulas.pf_days(formulas.training_flops(174.6e9, 300e9)) == pytest.approx(3640, rel=0.002)


def test_gpt3_xl_takes_27_5_petaflop_days() -> None:
    assert formulas.pf_days(formulas.training_flops(1.32e9, 300e9)) == pytest.approx(27.5, rel=0.002)


def test_t5_counts_three_flop_per_parameter_and_token() -> None:
    # Brown et al. 2020, Table D.1, T5-11B
    assert formulas.training_flops(11e9, 1e12, flops_per_param_token=3) == pytest.approx(3.3e22)


def test_gpt3_on_one_v100_takes_355_years() -> None:
    # Lambda 2020: 28 TFLOP/s sustained of 125
    hours = formulas.device_hours(3.14e23, 125e12, 28 / 125)
    assert hours / 8766 == pytest.approx(355, rel=0.01)
    assert formulas.cost_usd(hours, 1.5) == pytest.approx(4.6e6, rel=0.02)


def test_palm_reached_46_percent() -> None:
    # Chowdhery et al. 2022: 6,144 TPU v4, 238.3K tokens/s
    token = formulas.flops_per_token(540.35e9, layers=118, width=48 * 256, context=2048)
    assert formulas.mfu_from_throughput(token, 238.3e3, 275e12, 6144) == pytest.approx(0.462, rel=0.01)


def test_opt_energy_and_carbon_as_in_the_llama_paper() -> None:
    # Touvron et al. 2023, Table 15
    kwh = formulas.energy_kwh(809_472, 400, pue=1.1)
    assert kwh / 1e3 == pytest.approx(356, rel=0.01)
    assert formulas.co2_tonnes(kwh, 0.385) == pytest.approx(137, rel=0.01)


def test_kv_cache_of_one_token() -> None:
    assert formulas.kv_bytes_per_token(80, 8, 128) == 327_680
    assert formulas.kv_bytes_per_token(40, 40, 128) == 819_200
    # DeepSeek-V3: arXiv:2505.09343, Table 1
    assert formulas.latent_kv_bytes_per_token(61, 576) == 70_272


@pytest.mark.parametrize(("stage", "gigabytes"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_zero_figure_1(stage: int, gigabytes: float) -> None:
    # Rajbhandari et al. 2020, Figure 1: 7.5B parameters on 64 devices
    held = formulas.training_state_bytes(7.5e9, stage=stage, data_parallel=64)
    assert held / 1e9 == pytest.approx(gigabytes, rel=0.02)


def test_recomputation_adds_a_third() -> None:
    assert formulas.hfu_with_full_recompute(0.3) == pytest.approx(0.4)


def test_decoding_70b_in_fp8_on_one_h200_is_bound_by_68_tokens_per_second() -> None:
    assert 1 / formulas.decode_step_seconds(70.6e9, 0, 4.8e12) == pytest.approx(68.0, rel=0.001)


@given(params=positive, tokens=positive, scale=st.floats(min_value=0.01, max_value=100))
def test_flops_scale_with_either_factor(params: float, tokens: float, scale: float) -> None:
    base = formulas.training_flops(params, tokens)
    assert formulas.training_flops(params * scale, tokens) == pytest.approx(base * scale)
    assert formulas.training_flops(params, tokens * scale) == pytest.approx(base * scale)


@given(flops=positive, peak=positive, mfu=st.floats(min_value=0.01, max_value=1))
def test_hours_and_mfu_are_inverse(flops: float, peak: float, mfu: float) -> None:
    hours = formulas.device_hours(flops, peak, mfu)
    assert formulas.mfu_from_hours(flops, hours, peak) == pytest.approx(mfu)


@given(params=positive, ranks=st.integers(min_value=1, max_value=4096))
def test_each_zero_stage_needs_no_more_than_the_one_before(params: float, ranks: int) -> None:
    held = [formulas.training_state_bytes(params, stage=stage, data_parallel=ranks) for stage in range(4)]
    assert held == sorted(held, reverse=True)
    assert held[3] == pytest.approx(16 * params / ranks)


@given(context=positive)
def test_a_causal_mask_halves_attention(context: float) -> None:
    whole = formulas.attention_flops_per_token(80, 8192, context)
    assert formulas.attention_flops_per_token(80, 8192, context, causal=True) == pytest.approx(whole / 2)
