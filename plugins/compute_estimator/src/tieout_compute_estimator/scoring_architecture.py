"""Kinds of published cases that need an architecture: parameters, FLOP, memory and sizes of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tieout_compute_estimator import flop_conventions as conventions
from tieout_compute_estimator.activations import attention_share, gpt_layer_bytes, selective_overhead
from tieout_compute_estimator.architecture import Architecture, SequenceMixer
from tieout_compute_estimator.architecture_config import architecture_from_config
from tieout_compute_estimator.architecture_parts import Attention, LatentAttention
from tieout_compute_estimator.number_formats import weight_size

__all__ = ["ARCHITECTURE_KINDS"]

Inputs = Mapping[str, object]

_KEYS = {
    "layers": "num_hidden_layers",
    "hidden": "hidden_size",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "vocab": "vocab_size",
    "ffn": "intermediate_size",
    "gated": "gated_mlp",
    "tied": "tie_word_embeddings",
    "pos": "learned_positions",
    "experts": "num_experts",
    "topk": "num_experts_per_tok",
    "top_k": "num_experts_per_tok",
    "moe_ffn": "moe_intermediate_size",
    "shared": "n_shared_experts",
    "shared_experts": "n_shared_experts",
    "shared_ffn": "shared_expert_intermediate_size",
    "dense_layers": "first_k_dense_replace",
    "first_dense": "first_k_dense_replace",
    "first_k_dense": "first_k_dense_replace",
    "dense_first": "first_k_dense_replace",
    "q_lora": "q_lora_rank",
    "q_rank": "q_lora_rank",
    "kv_lora": "kv_lora_rank",
    "kv_rank": "kv_lora_rank",
    "qk_nope": "qk_nope_head_dim",
    "nope": "qk_nope_head_dim",
    "nope_dim": "qk_nope_head_dim",
    "qk_rope": "qk_rope_head_dim",
    "rope": "qk_rope_head_dim",
    "rope_dim": "qk_rope_head_dim",
    "v_dim": "v_head_dim",
    "mtp": "num_nextn_predict_layers",
    "window": "sliding_window",
    "norms": "norms_per_layer",
    "lm_head_bias": "output_bias",
    "emb_norm": "embedding_norm",
    "o_bias": "attention_out_bias",
}
"""Short names of dimensions to the keys of ``config.json``."""


def _number(inputs: Inputs, name: str, default: float | None = None) -> float:
    value = inputs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KeyError(name)
    return float(value)


def _architecture(inputs: Inputs) -> Architecture:
    """The architecture whose dimensions a case lists; by default two-matrix perceptrons, no biases, untied."""
    config: dict[str, object] = {"gated_mlp": False, "tie_word_embeddings": False}
    config |= {_KEYS.get(name, name): value for name, value in inputs.items()}
    if inputs.get("bias") is True:
        config |= {"attention_bias": True, "mlp_bias": True}
    config.setdefault("norm_bias", inputs.get("norm") == "ln")
    if config.get("num_experts"):
        # An expert's width serves for the dense layers too, where there are none or no width of their own.
        config.setdefault("intermediate_size", config.get("moe_intermediate_size"))
    config.setdefault("num_attention_heads", 1)
    return architecture_from_config(config)


def _params(i: Inputs) -> dict[str, float]:
    architecture = _architecture(i)
    return {
        "params": architecture.params,
        "active_params": architecture.active_params,
        "embedding_params": architecture.hidden * architecture.vocab,
        "params_with_mtp": architecture.params + architecture.extra_params,
    }


def _dimensions(i: Inputs) -> tuple[float, float, float, float]:
    return _number(i, "layers"), _number(i, "hidden"), _number(i, "vocab"), _number(i, "seq")


def _params_megatron(i: Inputs) -> dict[str, float]:
    return {"params": conventions.megatron_params(*_dimensions(i))}


def _params_untied(i: Inputs) -> dict[str, float]:
    return {
        "params": conventions.untied_params(_number(i, "layers"), _number(i, "hidden"), _number(i, "vocab"))
    }


def _iteration(i: Inputs, batch: float, *, recompute: bool) -> float:
    return conventions.megatron_iteration_flops(*_dimensions(i), batch, recompute=recompute)


def _rate(i: Inputs) -> float:
    return _number(i, "gpus") * _number(i, "tflops_per_gpu") * 1e12


def _meg_days(i: Inputs) -> dict[str, float]:
    batch = _number(i, "tokens") / _number(i, "seq")
    return {"days": _iteration(i, batch, recompute=True) / _rate(i) / 86_400}


def _meg_iter(i: Inputs) -> dict[str, float]:
    return {"iter_s": _iteration(i, _number(i, "batch"), recompute=True) / _rate(i)}


def _meg_mfu(i: Inputs) -> dict[str, float]:
    """MFU by the model's FLOP, and HFU by the hardware's under selective recomputation (Korthikanti et al. 2022)."""
    flops = _iteration(i, _number(i, "batch"), recompute=False)
    done = _number(i, "iter_s") * _number(i, "gpus") * _number(i, "peak_flops")
    seq, hidden = _number(i, "seq"), _number(i, "hidden")
    logits = _number(i, "vocab") / (12.0 * _number(i, "layers") * hidden)
    hardware = flops * (1 + seq / (3 * hidden) + logits) / (1 + seq / (6 * hidden) + logits)
    return {"mfu": flops / done, "hfu": hardware / done}


def _act(i: Inputs) -> dict[str, float]:
    seq, hidden, heads = (_number(i, name) for name in ("seq", "hidden", "heads"))
    batch, tensor = _number(i, "micro_batch", 1.0), int(_number(i, "tp", 1.0))
    plain = gpt_layer_bytes(seq, batch, hidden, heads, tensor=tensor)
    selective = gpt_layer_bytes(seq, batch, hidden, heads, tensor=tensor, recompute="selective")
    return {
        "attn_fraction_saved": attention_share(seq, hidden, heads),
        "flops_overhead": selective_overhead(seq, hidden),
        "bytes_per_layer": plain,
        "bytes_per_layer_selective": selective,
        "bytes": plain * _number(i, "layers", 1.0),
    }


def _fwd_flops(i: Inputs) -> dict[str, float]:
    architecture = _architecture(i)
    seq = _number(i, "seq")
    forward = conventions.forward_flops(architecture, seq, causal=i.get("causal") is True)
    return {"flops": forward, "forward_flops": forward, "train_flops": 3.0 * forward}


def _kv(i: Inputs) -> dict[str, float]:
    """Full attention, latent attention, or windows in all but ``full_layers`` (or all but one in ``pattern``)."""
    layers, width, tokens = int(_number(i, "layers")), _number(i, "bytes", 2.0), _number(i, "tokens", 1.0)
    batch = _number(i, "batch", 1.0)
    if "mla" in i:
        mixer: SequenceMixer = LatentAttention(1, None, int(_number(i, "mla")), 1, 0, 1)
        wide = mixer
    else:
        heads, head_dim = int(_number(i, "kv_heads")), int(_number(i, "head_dim"))
        window = i.get("window", i.get("sliding_window"))
        mixer = Attention(
            heads, heads, head_dim, window=None if window is None else int(_number(i, "window"))
        )
        wide = Attention(heads, heads, head_dim)
    full = int(_number(i, "full_layers", layers // _number(i, "pattern") if "pattern" in i else 0.0))
    held = full * wide.cached_values(tokens) + (layers - full) * mixer.cached_values(tokens)
    return {
        "bytes_per_token": layers * wide.cached_values(1.0) * width,
        "bytes": held * width * batch,
    }


def _weights(i: Inputs) -> dict[str, float]:
    """A named quantisation has the bits of our own rules; bits in the case count only when it names none."""
    params = _number(i, "params", 0.0)
    if "quant" not in i:
        return {"bytes": params * _number(i, "bits") / 8.0}
    size = weight_size(str(i["quant"]), model=str(i.get("model", "")), params=params or None)
    return {"bytes": size.bytes, "bits": size.bits}


ARCHITECTURE_KINDS: dict[str, Callable[[Inputs], dict[str, float]]] = {
    "act": _act,
    "fwd_flops": _fwd_flops,
    "kv": _kv,
    "meg_days": _meg_days,
    "meg_iter": _meg_iter,
    "meg_mfu": _meg_mfu,
    "params": _params,
    "params_megatron": _params_megatron,
    "params_untied12": _params_untied,
    "weights": _weights,
}
"""By kind; each takes the inputs of a case and returns every figure it can be asked for."""
