"""What the code of each model family fixes and its configuration file does not say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["FAMILIES", "GENERIC", "SANDWICH", "Family"]

PRE = ("attn_norm", "ffn_norm")
SANDWICH = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
POST = ("post_attention_norm", "post_ffw_norm")
SINGLE = ("attn_norm",)


@dataclass(frozen=True, slots=True)
class Family:
    """Traits of the models of one ``model_type``; the defaults are those of Llama."""

    gated: bool = True
    """Three matrices in the perceptron."""
    layer_norm: bool = False
    """Norms with a bias, unlike RMSNorm."""
    norms: tuple[str, ...] = PRE
    qkv_bias: bool = False
    out_bias: bool = False
    mlp_bias: bool = False
    bias_covers_output: bool = True
    """Whether ``attention_bias`` of the configuration speaks of the output projection too."""
    qk_norm: Literal["", "head", "full"] = ""
    tied: bool = False
    """Whether embeddings are tied when the configuration does not say."""
    learned_positions: int | None = None
    """Rows beyond ``max_position_embeddings`` of a learned position table; ``None`` when there is none."""
    embedding_norm: bool = False
    output_bias: bool = False
    fused_qkv: bool = False
    fused_mlp: bool = False
    full_every: int = 1
    """One layer in this many attends to everything, where the configuration gives a window and no pattern."""
    gated_attention: bool = False
    sinks: bool = False
    router_bias: bool = False
    expert_bias: bool = False


_OLDER = Family(layer_norm=True, qkv_bias=True, out_bias=True, mlp_bias=True, gated=False)

GENERIC = Family()
"""Read for a family that is not listed."""

FAMILIES: dict[str, Family] = {
    "llama": GENERIC,
    "llama4_text": Family(full_every=4),
    "mistral": GENERIC,
    "mixtral": GENERIC,
    "yi": GENERIC,
    "baichuan": GENERIC,
    "internlm2": GENERIC,
    "granite": GENERIC,
    "exaone": GENERIC,
    "seed_oss": Family(qkv_bias=True),
    "qwen2": Family(qkv_bias=True),
    "qwen2_moe": Family(qkv_bias=True),
    "qwen3": Family(qk_norm="head"),
    "qwen3_moe": Family(qk_norm="head"),
    "qwen3_next": Family(qk_norm="head", gated_attention=True, full_every=4),
    "gemma": Family(tied=True),
    "gemma2": Family(tied=True, norms=SANDWICH, full_every=2),
    "gemma3_text": Family(tied=True, norms=SANDWICH, qk_norm="head", full_every=6),
    "deepseek_v2": GENERIC,
    "deepseek_v3": Family(router_bias=True),
    "kimi_k2": Family(router_bias=True),
    "kimi_linear": Family(router_bias=True),
    "glm": Family(qkv_bias=True, bias_covers_output=False, fused_mlp=True),
    "glm4": Family(qkv_bias=True, bias_covers_output=False, fused_mlp=True, norms=SANDWICH),
    "glm4_moe": Family(qkv_bias=True, bias_covers_output=False, router_bias=True),
    "chatglm": Family(qkv_bias=True, fused_qkv=True, fused_mlp=True),
    "gpt_oss": Family(
        qkv_bias=True, out_bias=True, sinks=True, router_bias=True, expert_bias=True, full_every=2
    ),
    "minimax": GENERIC,
    "minimax_m2": Family(qk_norm="full", router_bias=True),
    "olmo": Family(norms=()),
    "olmo2": Family(qk_norm="full", norms=POST),
    "olmo3": Family(qk_norm="full", norms=POST, full_every=4),
    "cohere": Family(tied=True, norms=SINGLE),
    "cohere2": Family(tied=True, norms=SINGLE, full_every=4),
    "phi": replace(_OLDER, norms=SINGLE, output_bias=True),
    "phi3": Family(fused_qkv=True, fused_mlp=True),
    "stablelm": Family(layer_norm=True),
    "starcoder2": replace(_OLDER, tied=True),
    "gpt2": replace(_OLDER, tied=True, learned_positions=0, fused_qkv=True),
    "gpt_bigcode": replace(_OLDER, tied=True, learned_positions=0, fused_qkv=True),
    "gptj": Family(layer_norm=True, mlp_bias=True, gated=False, norms=SINGLE, output_bias=True),
    "gpt_neox": replace(_OLDER, fused_qkv=True),
    "opt": replace(_OLDER, tied=True, learned_positions=2),
    "bloom": replace(_OLDER, tied=True, embedding_norm=True, fused_qkv=True),
    "falcon": Family(layer_norm=True, gated=False, tied=True, fused_qkv=True),
    "mpt": Family(gated=False, tied=True, fused_qkv=True),
    "palm": Family(norms=SINGLE, tied=True),
    "grok": Family(norms=SANDWICH, tied=True),
    "mamba": Family(tied=True, norms=SINGLE),
    "falcon_mamba": Family(norms=SINGLE),
    "mamba2": Family(norms=SINGLE),
    "jamba": GENERIC,
    "bamba": GENERIC,
    "nemotron_h": Family(norms=SINGLE, gated=False),
}
"""By ``model_type``. Source: the modelling code that the makers published with each release."""
