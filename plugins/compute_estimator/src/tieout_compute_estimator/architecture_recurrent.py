"""Layers with a state of fixed size, built from the dimensions their configurations give."""

from __future__ import annotations

from tieout_compute_estimator.architecture import Tensor
from tieout_compute_estimator.architecture_parts import Recurrence

__all__ = ["gated_delta", "kimi_delta", "lightning", "mamba", "mamba2"]


def _vector(name: str, size: int) -> Tensor:
    return Tensor(name, size, kind="vector")


def mamba(
    hidden: int,
    *,
    inner: int,
    state: int,
    step_rank: int,
    kernel: int = 4,
    conv_bias: bool = True,
    bias: bool = False,
    norms: bool = False,
) -> Recurrence:
    """A Mamba layer (Gu and Dao 2023, arXiv:2312.00752); with ``norms`` as in Jamba (arXiv:2403.19887).

    The selective scan costs 9 FLOP per channel and state (the authors' count in their repository).
    """
    weights = [
        Tensor("ssm_in.weight", hidden, 2 * inner),
        Tensor("ssm_conv1d.weight", kernel, inner),
        Tensor("ssm_x.weight", inner, step_rank + 2 * state),
        Tensor("ssm_dt.weight", step_rank, inner),
        _vector("ssm_dt.bias", inner),
        Tensor("ssm_a", state, inner, kind="vector"),
        _vector("ssm_d", inner),
        Tensor("ssm_out.weight", inner, hidden),
    ]
    if conv_bias:
        weights.append(_vector("ssm_conv1d.bias", inner))
    if bias:
        weights += [_vector("ssm_in.bias", 2 * inner), _vector("ssm_out.bias", hidden)]
    if norms:
        weights += [
            _vector("ssm_dt_norm.weight", step_rank),
            _vector("ssm_b_norm.weight", state),
            _vector("ssm_c_norm.weight", state),
        ]
    return Recurrence("mamba", tuple(weights), inner * state, (kernel - 1) * inner, 9.0 * inner * state)


def mamba2(
    hidden: int, *, inner: int, state: int, heads: int, groups: int, kernel: int = 4, bias: bool = False
) -> Recurrence:
    """A Mamba-2 layer (Dao and Gu 2024, arXiv:2405.21060); 7 FLOP per channel and state (Megatron-LM)."""
    mixed = inner + 2 * groups * state
    weights = [
        Tensor("ssm_in.weight", hidden, inner + mixed + heads),
        Tensor("ssm_conv1d.weight", kernel, mixed),
        _vector("ssm_conv1d.bias", mixed),
        _vector("ssm_dt.bias", heads),
        _vector("ssm_a", heads),
        _vector("ssm_d", heads),
        _vector("ssm_norm.weight", inner),
        Tensor("ssm_out.weight", inner, hidden),
    ]
    if bias:
        weights += [_vector("ssm_in.bias", inner + mixed + heads), _vector("ssm_out.bias", hidden)]
    return Recurrence("mamba2", tuple(weights), inner * state, (kernel - 1) * mixed, 7.0 * inner * state)


def gated_delta(
    hidden: int, *, key_heads: int, value_heads: int, key_dim: int, value_dim: int, kernel: int = 4
) -> Recurrence:
    """Gated DeltaNet (Yang et al. 2024, arXiv:2412.06464) as in Qwen3-Next.

    One step decays the state, reads it with the key, writes the outer product and reads it with the query: 7 FLOP
    per value of the state.
    """
    mixed = 2 * key_heads * key_dim + value_heads * value_dim
    weights = (
        Tensor("ssm_in.weight", hidden, mixed + value_heads * value_dim),
        Tensor("ssm_ba.weight", hidden, 2 * value_heads),
        Tensor("ssm_conv1d.weight", kernel, mixed),
        _vector("ssm_dt.bias", value_heads),
        _vector("ssm_a", value_heads),
        _vector("ssm_norm.weight", value_dim),
        Tensor("ssm_out.weight", value_heads * value_dim, hidden),
    )
    state = value_heads * key_dim * value_dim
    return Recurrence("gated delta rule", weights, state, (kernel - 1) * mixed, 7.0 * state)


def kimi_delta(hidden: int, *, heads: int, head_dim: int, kernel: int = 4) -> Recurrence:
    """Kimi Delta Attention (Kimi Team 2025, arXiv:2510.26692): the delta rule with a gate per channel."""
    width = heads * head_dim
    weights = (
        *(Tensor(f"attn_{part}.weight", hidden, width) for part in "qkv"),
        *(Tensor(f"ssm_conv1d_{part}.weight", kernel, width) for part in "qkv"),
        _vector("ssm_a", heads),
        _vector("ssm_dt.bias", width),
        Tensor("ssm_f_a.weight", hidden, head_dim),
        Tensor("ssm_f_b.weight", head_dim, width),
        Tensor("ssm_beta.weight", hidden, heads),
        Tensor("ssm_g_a.weight", hidden, head_dim),
        Tensor("ssm_g_b.weight", head_dim, width),
        _vector("ssm_norm.weight", head_dim),
        Tensor("attn_output.weight", width, hidden),
    )
    state = heads * head_dim * head_dim
    return Recurrence("Kimi delta rule", weights, state, 3 * (kernel - 1) * width, 7.0 * state)


def lightning(hidden: int, *, heads: int, head_dim: int) -> Recurrence:
    """Lightning attention (MiniMax-01, arXiv:2501.08313): linear attention with a fixed decay, 5 FLOP per value."""
    width = heads * head_dim
    weights = (
        Tensor("attn_qkv.weight", hidden, 3 * width),
        Tensor("attn_gate.weight", hidden, width),
        _vector("ssm_norm.weight", width),
        Tensor("attn_output.weight", width, hidden),
    )
    return Recurrence("lightning attention", weights, heads * head_dim**2, 0, 5.0 * heads * head_dim**2)
