"""Which layer of a configuration is of which make: full attention or window, recurrent or not, sparse or dense."""

from __future__ import annotations

from tieout_compute_estimator.architecture_families import Family
from tieout_compute_estimator.config_reader import ConfigReader

__all__ = ["is_sparse", "mixer_names"]

_NAMES = {
    "full_attention": "full",
    "attention": "full",
    "global": "full",
    "sliding_attention": "window",
    "chunked_attention": "window",
    "local": "window",
    "linear_attention": "recurrent",
    "mamba": "recurrent",
}


def mixer_names(read: ConfigReader, family: str, traits: Family, count: int) -> list[str]:
    """``full``, ``window``, ``recurrent`` or ``none`` for each of ``count`` layers.

    Raises:
        InputError: A kind of layer is named that is not known.
    """
    listed = read.items("layer_types", "layers_block_type")
    if listed:
        return [_known(read, kind) for kind in _fit(read, listed, count)]
    recurrent = _recurrent(read, family, count)
    if recurrent is not None:
        return recurrent
    return _windows(read, family, traits, count)


def _known(read: ConfigReader, kind: object) -> str:
    name = _NAMES.get(str(kind))
    if name is None:
        raise read.wrong("layer_types", kind)
    return name


def _fit(read: ConfigReader, listed: list[object], count: int) -> list[object]:
    if len(listed) < count:
        raise read.wrong("layer_types", f"{len(listed)} < {count}")
    return listed[:count]


def _recurrent(read: ConfigReader, family: str, count: int) -> list[str] | None:
    """The pattern of a model with recurrent layers; ``None`` for any other."""
    if family in ("mamba", "mamba2", "falcon_mamba"):
        return ["recurrent"] * count
    if pattern := read.text("hybrid_override_pattern"):
        kinds = {"M": "recurrent", "*": "full", "-": "none", "E": "none"}
        return [kinds.get(letter, "full") for letter in pattern[:count]]
    if marks := read.items("attn_type_list"):
        return ["full" if mark == 1 else "recurrent" for mark in _fit(read, marks, count)]
    if linear := read.nested("linear_attn_config"):
        # Kimi Linear counts its layers from one.
        full = {number for number in linear.items("full_attn_layers") if isinstance(number, int)}
        return ["full" if number + 1 in full else "recurrent" for number in range(count)]
    if marks := read.items("attn_layer_indices"):
        return ["full" if number in marks else "recurrent" for number in range(count)]
    if period := read.whole("attn_layer_period", default=0):
        offset = read.whole("attn_layer_offset", default=0)
        return ["full" if number % period == offset else "recurrent" for number in range(count)]
    if every := read.whole("full_attention_interval", default=0):
        return ["full" if number % every == every - 1 else "recurrent" for number in range(count)]
    return None


def _windows(read: ConfigReader, family: str, traits: Family, count: int) -> list[str]:
    window = read.whole_or_none("sliding_window", "attention_chunk_size", "window")
    if not window or not read.flag("use_sliding_window", default=True):
        return ["full"] * count
    if family.startswith("qwen2"):
        first = read.whole("max_window_layers", default=0)
        return ["full" if number < first else "window" for number in range(count)]
    pattern = read.value("sliding_window_pattern", "_sliding_window_pattern")
    if isinstance(pattern, str) and pattern:
        return ["window" if pattern[number % len(pattern)] in "Ll" else "full" for number in range(count)]
    every = read.whole("sliding_window_pattern", "_sliding_window_pattern", default=traits.full_every)
    if every <= 1:
        return ["window"] * count
    return ["full" if number % every == every - 1 else "window" for number in range(count)]


def is_sparse(read: ConfigReader, family: str, number: int) -> bool:
    """Whether layer ``number`` (from zero) is a mixture of experts."""
    experts = read.whole("n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts", default=0)
    if experts < 2:
        return False
    if number < read.whole("first_k_dense_replace", "moe_layer_start_index", default=0):
        return False
    listed = read.value("moe_layer_freq")
    if isinstance(listed, list):
        marks = read.items("moe_layer_freq")
        return number < len(marks) and marks[number] == 1
    if number in read.items("mlp_only_layers"):
        return False
    if period := read.whole("expert_layer_period", default=0):
        return number % period == read.whole("expert_layer_offset", default=0)
    every = (
        read.whole("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval", default=1) or 1
    )
    if every > 1:
        return number % every == every - 1
    every = read.whole("moe_layer_freq", default=1) or 1
    return number % every == 0
