"""What serving a model asks for, from its architecture or, failing that, from its size."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

from tieout_compute_estimator.architecture import Architecture
from tieout_compute_estimator.architecture_parts import Attention, LatentAttention
from tieout_compute_estimator.serving_model import Demand

__all__ = [
    "STATE_BYTES",
    "Depth",
    "cache_splits",
    "demand_of",
    "demand_of_size",
    "prompt_flops",
    "token_scores",
    "typical_depth",
]

STATE_BYTES = 4.0
"""Recurrent states are kept in FP32."""


class Depth(NamedTuple):
    """Shape of the model nearest in size, for one of which only the size is known."""

    name: str
    layers: int
    hidden: int
    cached_values: float
    """Values that a token adds to the cache."""


def demand_of(
    architecture: Architecture,
    *,
    weight_bytes: float,
    kv_bytes: float,
    prompt: float,
    output: float,
    holds_embedding: bool = True,
) -> Demand:
    """The demand of one request.

    Args:
        weight_bytes: All weights as they lie in memory, whatever their format.
        kv_bytes: Bytes per value of the cache.
        prompt: Tokens of the prompt.
        output: Tokens of the answer.
        holds_embedding: Whether ``weight_bytes`` counts an embedding that is only looked up in.
    """
    looked_up = routed = 0
    experts = chosen = routed_layers = 0
    for layer, count in architecture.groups():
        tensors = [tensor for tensor in layer.tensors(architecture.hidden) if tensor.used is not None]
        if tensors:
            experts, chosen = tensors[0].copies, round(tensors[0].used or 0)
            routed_layers += count
            routed += count * sum(tensor.size for tensor in tensors)
    for tensor in architecture.outer_tensors():
        if tensor.kind == "lookup" and not (architecture.tied and tensor.name == "token_embd.weight"):
            looked_up += tensor.size
    held = architecture.params if holds_embedding else architecture.params - looked_up
    per_param = weight_bytes / held
    context = prompt + output / 2.0
    return Demand(
        weight_bytes=weight_bytes,
        fixed_bytes=(architecture.params - looked_up - routed) * per_param,
        routed_bytes=routed * per_param,
        experts=experts,
        chosen=chosen,
        token_flops=architecture.matrix_flops + token_scores(architecture, context),
        prompt_flops=prompt_flops(architecture, prompt),
        cache_bytes=architecture.cached_values(context) * kv_bytes + architecture.state_values * STATE_BYTES,
        layers=len(architecture.layers),
        hidden=architecture.hidden,
        routed_layers=routed_layers,
        prompt=prompt,
        output=output,
        cache_splits=cache_splits(architecture),
    )


def cache_splits(architecture: Architecture) -> int:
    """Into how many parts tensor parallelism can cut the cache (Pope et al. 2022, arXiv:2211.05102, section 3.3)."""
    mixers = [layer.mixer for layer, _count in architecture.groups()]
    if any(isinstance(mixer, LatentAttention) for mixer in mixers):
        return 1
    return min((mixer.kv_heads for mixer in mixers if isinstance(mixer, Attention)), default=1_000_000)


def prompt_flops(architecture: Architecture, prompt: float) -> float:
    """Forward FLOP of a prompt: every matrix at every position, causal attention, logits at the last one only."""
    if not prompt:
        return 0.0
    inner = architecture.matrix_flops - architecture.output_flops
    return prompt * (inner + architecture.score_flops(prompt, causal=True)) + architecture.output_flops


def token_scores(architecture: Architecture, context: float) -> float:
    """Forward FLOP of attention of one new token over ``context`` earlier ones.

    Latent attention works on the compressed vectors themselves: 2·(2c + r) per head and position (arXiv:2405.04434).
    """
    if not context:
        return 0.0
    total = 0.0
    for layer, count in architecture.groups():
        mixer = layer.mixer
        if isinstance(mixer, LatentAttention):
            total += count * 2.0 * mixer.heads * (2 * mixer.latent + mixer.rotary_dim) * context
        elif mixer is not None:
            total += count * mixer.score_flops(mixer.positions(context, causal=False))
    return total


def demand_of_size(
    params: float,
    active: float,
    *,
    weight_bytes: float,
    kv_bytes_per_token: float,
    layers: int,
    hidden: int,
    prompt: float,
    output: float,
    experts: int = 0,
    chosen: int = 0,
) -> Demand:
    """The demand of a model of which only sizes are known: 2·N per token, attention scores left out.

    A mixture whose experts are not known reads everything: right for the large batches that servers run.
    """
    routed = _routed_share(params, active, experts, chosen) * weight_bytes
    return Demand(
        weight_bytes=weight_bytes,
        fixed_bytes=weight_bytes - routed,
        routed_bytes=routed,
        experts=experts if routed else 0,
        chosen=chosen if routed else 0,
        token_flops=2.0 * active,
        prompt_flops=2.0 * active * prompt,
        cache_bytes=kv_bytes_per_token * (prompt + output / 2.0),
        layers=layers,
        hidden=hidden,
        routed_layers=layers if routed else 0,
        prompt=prompt,
        output=output,
    )


def _routed_share(params: float, active: float, experts: int, chosen: int) -> float:
    """Share R of the weights in experts, from N_active = N·(1 - R) + N·R·k/E."""
    if not experts or not chosen or chosen >= experts or active >= params:
        return 0.0
    return min(1.0, (1.0 - active / params) / (1.0 - chosen / experts))


def typical_depth(params: float) -> Depth:
    """The dense model with grouped queries that is nearest in size (logarithmically)."""
    return min(_depths(), key=lambda row: abs(math.log(row[0] / params)))[1]


@cache
def _depths() -> tuple[tuple[int, Depth], ...]:
    from tieout_compute_estimator.architecture_table import shipped_architectures

    found: list[tuple[int, Depth]] = []
    for model in shipped_architectures():
        if not model.sparse and model.family in ("llama", "qwen2", "qwen3"):
            shape = Depth(model.name, len(model.layers), model.hidden, model.cached_values(1.0))
            found.append((model.params, shape))
    return tuple(found)
