"""The formulas as pure functions on floats: SI units inside, no rounding, no look-ups.

Units throughout: FLOP, FLOP/s, seconds unless a name says hours or days, bytes, watts, USD. One fused multiply-add
counts as 2 FLOP. Peak rates are dense, without structured sparsity. Functions do not check their arguments; the
tools do. One call costs well under a microsecond.
"""

from __future__ import annotations

__all__ = [
    "PF_DAY",
    "attention_flops_per_token",
    "co2_tonnes",
    "cost_usd",
    "decode_step_seconds",
    "device_hours",
    "energy_kwh",
    "flops_per_token",
    "hfu_with_full_recompute",
    "kv_bytes_per_token",
    "latent_kv_bytes_per_token",
    "mfu_from_hours",
    "mfu_from_throughput",
    "pf_days",
    "training_flops",
    "training_state_bytes",
    "wall_days",
    "weight_bytes",
]

PF_DAY = 1e15 * 86_400.0
"""FLOP in one petaFLOP/s-day: 8.64e19 (Amodei and Hernandez 2018)."""

SECONDS_PER_HOUR = 3_600.0


def training_flops(params: float, tokens: float, *, flops_per_param_token: float = 6.0) -> float:
    """Training FLOP of a transformer, C = 6·N·D (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).

    Args:
        params: Parameters that work on each token; the active ones of a mixture of experts.
        tokens: Training tokens.
        flops_per_param_token: 2 forward and 4 backward; 8 with full activation recomputation, 3 for an
            encoder-decoder in which half of the parameters see each token (Brown et al. 2020, Table D.1).

    Returns:
        FLOP. Attention over the context and recomputation are left out.
    """
    return flops_per_param_token * params * tokens


def attention_flops_per_token(layers: float, width: float, context: float, *, causal: bool = False) -> float:
    """FLOP per training token of attention scores and values, 12·L·w·s (PaLM, arXiv:2204.02311, appendix B).

    Args:
        layers: Transformer layers.
        width: Heads times head size.
        context: Sequence length in tokens.
        causal: Count only the half of the score matrix that a causal mask keeps.
    """
    return (6.0 if causal else 12.0) * layers * width * context


def flops_per_token(
    params: float, *, layers: float = 0.0, width: float = 0.0, context: float = 0.0, causal: bool = False
) -> float:
    """FLOP per training token, 6·N + 12·L·w·s (PaLM, arXiv:2204.02311, appendix B)."""
    return 6.0 * params + attention_flops_per_token(layers, width, context, causal=causal)


def pf_days(flops: float) -> float:
    """FLOP as petaFLOP/s-days (Amodei and Hernandez 2018; Brown et al. 2020, Table D.1)."""
    return flops / PF_DAY


def device_hours(flops: float, peak: float, mfu: float) -> float:
    """Device-hours of a run: FLOP over what one device does in an hour at ``mfu`` of its ``peak`` FLOP/s."""
    return flops / (peak * mfu * SECONDS_PER_HOUR)


def wall_days(hours: float, devices: float) -> float:
    """Days on the wall for ``hours`` device-hours spread over ``devices``."""
    return hours / (devices * 24.0)


def mfu_from_hours(flops: float, hours: float, peak: float) -> float:
    """Model FLOP utilisation over a whole run: useful FLOP over what the device-hours could have done at peak."""
    return flops / (hours * SECONDS_PER_HOUR * peak)


def mfu_from_throughput(
    flops_of_token: float, tokens_per_second: float, peak: float, devices: float = 1.0
) -> float:
    """Model FLOP utilisation of steady training (PaLM, arXiv:2204.02311, appendix B).

    Args:
        flops_of_token: FLOP per token, see :func:`flops_per_token`.
        tokens_per_second: Of all ``devices`` together.
        peak: Dense peak of one device, FLOP/s.
    """
    return flops_of_token * tokens_per_second / (peak * devices)


def hfu_with_full_recompute(mfu: float) -> float:
    """Hardware FLOP utilisation when every forward pass is done twice: 8/6 of the MFU."""
    return mfu * 8.0 / 6.0


def energy_kwh(hours: float, watts: float, *, pue: float = 1.0) -> float:
    """Electric energy of ``hours`` device-hours at ``watts`` each, times the site's power usage effectiveness."""
    return hours * watts * pue / 1_000.0


def co2_tonnes(kwh: float, kg_per_kwh: float) -> float:
    """Tonnes of CO2 equivalent for ``kwh`` at a grid intensity in kg/kWh."""
    return kwh * kg_per_kwh / 1_000.0


def cost_usd(hours: float, usd_per_hour: float) -> float:
    """Rent of ``hours`` device-hours."""
    return hours * usd_per_hour


def weight_bytes(params: float, bits: float) -> float:
    """Bytes of the weights alone at ``bits`` per parameter; all experts of a mixture count."""
    return params * bits / 8.0


def kv_bytes_per_token(
    layers: float, kv_heads: float, head_dim: float, *, bytes_per_value: float = 2.0
) -> float:
    """KV cache of one token with full attention: keys and values, 2·L·h·d·b (Pope et al. 2022, arXiv:2211.05102)."""
    return 2.0 * layers * kv_heads * head_dim * bytes_per_value


def latent_kv_bytes_per_token(layers: float, latent_dim: float, *, bytes_per_value: float = 2.0) -> float:
    """KV cache of one token with multi-head latent attention (DeepSeek-V2, arXiv:2405.04434).

    Args:
        latent_dim: Compressed size plus the rotary part (512 + 64 in DeepSeek-V3); stored once for keys and values.
    """
    return layers * latent_dim * bytes_per_value


def training_state_bytes(
    params: float,
    *,
    stage: int = 0,
    data_parallel: float = 1.0,
    bytes_per_param: tuple[float, float, float] = (2, 2, 12),
) -> float:
    """Bytes per device of weights, gradients and optimiser states (ZeRO, arXiv:1910.02054, section 3).

    Args:
        params: Parameters on the device before ZeRO (after tensor and pipeline parallelism).
        stage: ZeRO stage: 0 nothing sharded, 1 optimiser states, 2 and gradients, 3 and weights.
        data_parallel: Ranks that the sharded parts are spread over.
        bytes_per_param: Of weights, gradients, optimiser states. Mixed precision with Adam: 2 + 2 + 12 = 16;
            2 + 4 + 12 = 18 with gradients in FP32 (Megatron-LM).
    """
    weights, gradients, optimiser = bytes_per_param
    return params * (
        weights / (data_parallel if stage >= 3 else 1.0)
        + gradients / (data_parallel if stage >= 2 else 1.0)
        + optimiser / (data_parallel if stage >= 1 else 1.0)
    )


def decode_step_seconds(weights: float, kv_cache: float, bandwidth: float, devices: float = 1.0) -> float:
    """Least time of one decoding step: every weight and cached value is read once (Pope et al. 2022).

    Args:
        weights: Bytes of weights read.
        kv_cache: Bytes of KV cache of all sequences in the batch.
        bandwidth: Memory bandwidth of one device, bytes/s.
    """
    return (weights + kv_cache) / (bandwidth * devices)
