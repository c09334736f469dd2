"""The architecture behind a GGUF file: its metadata renamed to the keys of ``config.json`` and read as one."""

from __future__ import annotations

from typing import Final

from tieout.errors import InputError
from tieout_compute_estimator.architecture import Architecture
from tieout_compute_estimator.architecture_config import architecture_from_config
from tieout_compute_estimator.gguf_file import GgufFile

__all__ = ["architecture_of_file"]

_FAMILIES: Final = {
    "qwen2moe": "qwen2_moe",
    "qwen3moe": "qwen3_moe",
    "qwen3next": "qwen3_next",
    "gemma3": "gemma3_text",
    "deepseek2": "deepseek_v3",
    "gptneox": "gpt_neox",
    "phi2": "phi",
    "command-r": "cohere",
    "glm4moe": "glm4_moe",
    "gpt-oss": "gpt_oss",
    "kimi-linear": "kimi_linear",
    "minimax-m2": "minimax_m2",
    "llama4": "llama4_text",
}
_KEYS: Final = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.sliding_window": "sliding_window",
    "attention.q_lora_rank": "q_lora_rank",
    "attention.kv_lora_rank": "kv_lora_rank",
    "context_length": "max_position_embeddings",
    "vocab_size": "vocab_size",
    "expert_count": "n_routed_experts",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_count": "n_shared_experts",
    "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
    "leading_dense_block_count": "first_k_dense_replace",
    "interleave_moe_layer_step": "interleave_moe_layer_step",
    "nextn_predict_layers": "num_nextn_predict_layers",
    "ssm.conv_kernel": "conv_kernel",
    "ssm.inner_size": "d_inner",
    "ssm.state_size": "state_size",
    "ssm.time_step_rank": "time_step_rank",
}


def architecture_of_file(file: GgufFile) -> Architecture | None:
    """The architecture that the file's metadata describes, for its KV cache; ``None`` when it does not say enough."""
    kind = file.metadata.get("general.architecture")
    if not isinstance(kind, str):
        return None
    config: dict[str, object] = {"model_type": _FAMILIES.get(kind, kind)}
    for source, target in _KEYS.items():
        value = file.metadata.get(f"{kind}.{source}")
        if isinstance(value, list):
            _per_layer(config, target, value)
        elif value is not None and not (value == 0 and target in ("n_routed_experts", "sliding_window")):
            config[target] = value
    config.setdefault("vocab_size", file.lengths.get("tokenizer.ggml.tokens") or _vocabulary(file))
    config["tie_word_embeddings"] = not any(tensor.name == "output.weight" for tensor in file.tensors)
    _latent(config, file, kind)
    _extra_layers(config)
    name = file.metadata.get("general.name")
    try:
        return architecture_from_config(config, name=name if isinstance(name, str) else "")
    except InputError:
        return None


def _per_layer(config: dict[str, object], target: str, values: list[int | float | bool | str]) -> None:
    """A list with one entry per layer: zero key-value heads mean a recurrent layer."""
    numbers = [value for value in values if isinstance(value, int) and value > 0]
    if not numbers:
        return
    config[target] = max(numbers)
    if target == "num_key_value_heads" and len(numbers) < len(values):
        config["layer_types"] = ["mamba" if value == 0 else "full_attention" for value in values]


def _vocabulary(file: GgufFile) -> int:
    return next((t.dimensions[-1] for t in file.tensors if t.name == "token_embd.weight"), 0)


def _latent(config: dict[str, object], file: GgufFile, kind: str) -> None:
    """Head sizes of latent attention; newer files give those of the unfolded heads under names of their own."""
    if "kv_lora_rank" not in config:
        return
    rotary = file.metadata.get(f"{kind}.rope.dimension_count")
    key = file.metadata.get(f"{kind}.attention.key_length_mla") or file.metadata.get(
        f"{kind}.attention.key_length"
    )
    value = file.metadata.get(f"{kind}.attention.value_length_mla") or file.metadata.get(
        f"{kind}.attention.value_length"
    )
    if isinstance(rotary, int) and isinstance(key, int) and isinstance(value, int):
        config |= {"qk_rope_head_dim": rotary, "qk_nope_head_dim": key - rotary, "v_head_dim": value}


def _extra_layers(config: dict[str, object]) -> None:
    """GGUF counts the layers of multi-token prediction among the blocks; ``config.json`` does not."""
    extra, blocks = config.get("num_nextn_predict_layers"), config.get("num_hidden_layers")
    if isinstance(extra, int) and isinstance(blocks, int) and blocks > extra:
        config["num_hidden_layers"] = blocks - extra
