"""Recurrent layers from a configuration."""

from __future__ import annotations

import math

from tieout_compute_estimator.architecture_parts import Recurrence
from tieout_compute_estimator.architecture_recurrent import (
    gated_delta,
    kimi_delta,
    lightning,
    mamba,
    mamba2,
)
from tieout_compute_estimator.config_reader import ConfigReader

__all__ = ["recurrence"]


def recurrence(read: ConfigReader, family: str, hidden: int) -> Recurrence:
    """The recurrent layer that the configuration describes.

    Raises:
        InputError: A dimension is missing.
    """
    if inner := read.nested("linear_attn_config"):
        return kimi_delta(
            hidden,
            heads=inner.positive("num_heads"),
            head_dim=inner.positive("head_dim"),
            kernel=inner.positive("short_conv_kernel_size", default=4),
        )
    if read.value("linear_num_value_heads") is not None:
        return gated_delta(
            hidden,
            key_heads=read.positive("linear_num_key_heads"),
            value_heads=read.positive("linear_num_value_heads"),
            key_dim=read.positive("linear_key_head_dim"),
            value_dim=read.positive("linear_value_head_dim"),
            kernel=read.positive("linear_conv_kernel_dim", default=4),
        )
    if family == "minimax":
        heads = read.positive("num_attention_heads")
        return lightning(hidden, heads=heads, head_dim=read.positive("head_dim", default=hidden // heads))
    if family == "mamba2" or read.value("mamba_n_heads", "mamba_num_heads", "ssm_state_size") is not None:
        return _mamba2(read, hidden)
    return _mamba(read, family, hidden)


def _mamba2(read: ConfigReader, hidden: int) -> Recurrence:
    heads = read.positive("mamba_n_heads", "mamba_num_heads", "num_heads")
    size = read.positive("mamba_d_head", "mamba_head_dim", "head_dim")
    return mamba2(
        hidden,
        inner=heads * size,
        state=read.positive("mamba_d_state", "ssm_state_size", "state_size", default=128),
        heads=heads,
        groups=read.positive("mamba_n_groups", "n_groups", default=1),
        kernel=read.positive("mamba_d_conv", "conv_kernel", default=4),
        bias=read.flag("mamba_proj_bias", "use_bias"),
    )


def _mamba(read: ConfigReader, family: str, hidden: int) -> Recurrence:
    hybrid = family not in ("mamba", "falcon_mamba")
    expanded = read.positive("mamba_expand", "expand", default=2) * hidden
    inner = expanded if hybrid else read.positive("intermediate_size", "d_inner", default=expanded)
    rank = read.value("mamba_dt_rank", "time_step_rank")
    return mamba(
        hidden,
        inner=inner,
        state=read.positive("mamba_d_state", "state_size", default=16),
        step_rank=math.ceil(hidden / 16)
        if rank in (None, "auto")
        else read.positive("mamba_dt_rank", "time_step_rank"),
        kernel=read.positive("mamba_d_conv", "conv_kernel", default=4),
        conv_bias=read.flag("mamba_conv_bias", "use_conv_bias", default=True),
        bias=read.flag("mamba_proj_bias", "use_bias"),
        norms=family == "jamba",
    )
