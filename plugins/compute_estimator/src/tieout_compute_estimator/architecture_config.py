"""An :class:`Architecture` from a configuration in the form of Hugging Face's ``config.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_compute_estimator.architecture import Architecture, Layer, Module, SequenceMixer
from tieout_compute_estimator.architecture_families import FAMILIES, GENERIC, SANDWICH, Family
from tieout_compute_estimator.architecture_parts import Attention, Experts, LatentAttention, Mlp
from tieout_compute_estimator.config_patterns import is_sparse, mixer_names
from tieout_compute_estimator.config_reader import ConfigReader

__all__ = ["architecture_from_config", "read_config"]

_ = translator("tieout_compute_estimator")

MAX_BYTES = 4_000_000
MAX_LAYERS = 2_000
_NESTED = ("text_config", "llm_config", "language_config", "thinker_config")
_SAME = {
    "gemma3": "gemma3_text",
    "llama4": "llama4_text",
    "RefinedWeb": "falcon",
    "RefinedWebModel": "falcon",
    "Yi": "yi",
    "internlm": "llama",
    "minimax_text_01": "minimax",
    "minimax_m1": "minimax",
    "grok-1": "grok",
    "mistral3": "mistral",
    "ministral": "mistral",
}


def read_config(path: str | Path) -> dict[str, object]:
    """Decode a ``config.json``, or the one in a folder.

    Raises:
        InputError: It cannot be read, is too large, or holds no JSON object.
    """
    place = Path(path).expanduser()
    place = place / "config.json" if place.is_dir() else place
    try:
        if place.stat().st_size > MAX_BYTES:
            raise ValueError(_("it is larger than {size} bytes", size=MAX_BYTES))
        data: object = json.loads(place.read_bytes())
        if not isinstance(data, dict):
            raise ValueError(_("it holds no JSON object"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            _(
                "{path} cannot be read as a configuration: {reason}",
                path=str(path)[:200],
                reason=str(error)[:200],
            ),
            code="compute-config-file",
            hint=_("Give the config.json that was published with the weights."),
        ) from None
    return cast("dict[str, object]", data)


def architecture_from_config(config: Mapping[str, object], *, name: str = "") -> Architecture:
    """Read an architecture from a decoded configuration.

    Of a model with pictures or sound the language model is read. A family that is not known is read like Llama, by
    the keys that are there.

    Raises:
        InputError: A dimension is missing or cannot be meant; the message names it.
    """
    reader = ConfigReader(config)
    family = reader.text("model_type")
    for key in _NESTED:
        inner = reader.nested(key)
        if inner is not None and inner.value("num_hidden_layers", "hidden_size") is not None:
            outer = {key: value for key, value in config.items() if key == "tie_word_embeddings"}
            nested = {**outer, **cast("dict[str, object]", config[key])}
            reader = ConfigReader(nested)
            family = reader.text("model_type") or family
            break
    return _Builder(reader, _SAME.get(family, family), name).build()


@dataclass
class _Builder:
    """Builds the layers of one configuration; layers of one make are one object."""

    reader: ConfigReader
    family: str
    name: str

    def __post_init__(self) -> None:
        self.traits: Family = FAMILIES.get(self.family, GENERIC)
        self.hidden = self.reader.positive("hidden_size", "n_embd", "d_model", "n_embed", "dim")
        self.made: dict[tuple[str, bool], Layer] = {}

    def build(self) -> Architecture:
        read = self.reader
        count = read.positive("num_hidden_layers", "n_layer", "n_layers", "num_layers")
        if count > MAX_LAYERS:
            raise read.wrong("num_hidden_layers", count)
        mixers = mixer_names(read, self.family, self.traits, count)
        layers = tuple(
            self.layer(mixer, sparse=is_sparse(read, self.family, number))
            for number, mixer in enumerate(mixers)
        )
        traits = self.traits
        table = read.whole_or_none("max_position_embeddings", "n_positions", "n_ctx", "seq_length")
        learned = read.whole_or_none("learned_positions")
        if learned is None:
            learned = 0 if traits.learned_positions is None else (table or 0) + traits.learned_positions
        return Architecture(
            name=self.name,
            family=self.family,
            hidden=self.hidden,
            vocab=read.positive("padded_vocab_size", "vocab_size"),
            layers=layers,
            tied=read.flag("tie_word_embeddings", default=traits.tied),
            positions=learned,
            embedding_width=read.whole_or_none("word_embed_proj_dim"),
            embedding_norm=read.flag("embedding_norm", default=traits.embedding_norm),
            final_norm=not (self.family == "opt" and not read.flag("do_layer_norm_before", default=True)),
            norm_bias=self.norm_bias,
            output_bias=read.flag("output_bias", default=traits.output_bias),
            extra_layers=(layers[-1],) * read.whole("num_nextn_predict_layers", "num_mtp_layers", default=0),
            trained_context=table or read.whole_or_none("max_sequence_length", "max_seq_len"),
        )

    @property
    def norm_bias(self) -> bool:
        """Whether norms have a bias."""
        if self.family == "mpt":
            return not self.reader.flag("no_bias", default=True)
        return self.reader.flag("norm_bias", default=self.traits.layer_norm)

    def layer(self, mixer: str, *, sparse: bool) -> Layer:
        """The layer of this make, built on first use."""
        made = self.made.get((mixer, sparse))
        if made is None:
            part = None if mixer == "none" else self.mixer(mixer)
            mlp = self.mlp(sparse=sparse) if self.has_mlp(mixer) else None
            made = self.made[mixer, sparse] = Layer(part, mlp, self.norms(), self.norm_bias)
        return made

    def has_mlp(self, mixer: str) -> bool:
        """Mamba models have no perceptrons; in Nemotron-H they are layers of their own."""
        if self.family == "nemotron_h":
            return mixer == "none"
        return self.family not in ("mamba", "mamba2", "falcon_mamba")

    def norms(self) -> tuple[str, ...]:
        """Names of the norms of a layer."""
        if self.family == "falcon":
            # One norm serves attention and perceptron in Falcon-7B; the later ones have two (and Falcon-RW too).
            parallel = self.reader.flag("parallel_attn", default=True)
            later = self.reader.flag("new_decoder_architecture")
            return ("attn_norm",) if parallel and not later else ("attn_norm", "ffn_norm")
        count = self.reader.whole("norms_per_layer", default=len(self.traits.norms))
        return (*self.traits.norms, *SANDWICH)[:count]

    def mixer(self, mixer: str) -> SequenceMixer:
        """Attention or a recurrence."""
        if mixer == "recurrent":
            from tieout_compute_estimator.config_recurrent import recurrence

            return recurrence(self.reader, self.family, self.hidden)
        if self.reader.value("kv_lora_rank") is not None:
            return self.latent()
        return self.attention(window=self.window() if mixer == "window" else None)

    def window(self) -> int:
        return self.reader.positive("sliding_window", "attention_chunk_size", "window")

    def attention(self, *, window: int | None) -> Attention:
        read, traits = self.reader, self.traits
        heads = read.positive("num_attention_heads", "n_head", "n_heads", "num_heads")
        head_dim = read.whole_or_none("head_dim", "kv_channels", "attention_head_dim", "d_kv")
        if head_dim is None:
            if self.hidden % heads:
                raise read.wrong("num_attention_heads", heads)
            head_dim = self.hidden // heads
        qkv, out = self.attention_biases()
        return Attention(
            heads=heads,
            kv_heads=self.kv_heads(heads),
            head_dim=head_dim,
            value_dim=read.whole_or_none("v_head_dim", "value_head_dim"),
            window=window,
            qkv_bias=qkv,
            out_bias=out,
            qk_norm=self.qk_norm(),
            gated=traits.gated_attention,
            sinks=traits.sinks,
            fused=traits.fused_qkv,
        )

    def kv_heads(self, heads: int) -> int:
        read = self.reader
        if self.family == "falcon" and not read.flag("new_decoder_architecture"):
            return 1 if read.flag("multi_query", default=True) else heads
        if self.family == "gpt_bigcode":
            return 1 if read.flag("multi_query", default=True) else heads
        if self.family == "chatglm" and not read.flag("multi_query_attention"):
            return heads
        nested = read.nested("attn_config") or read
        found = nested.whole_or_none(
            "num_key_value_heads",
            "num_kv_heads",
            "n_kv_heads",
            "multi_query_group_num",
            "kv_n_heads",
            "n_head_kv",
        )
        kv_heads = found or heads
        if heads % kv_heads:
            raise read.wrong("num_key_value_heads", kv_heads)
        return kv_heads

    def attention_biases(self) -> tuple[bool, bool]:
        """Of queries, keys and values; and of the output projection."""
        read, traits = self.reader, self.traits
        if self.family == "falcon" and not read.flag("bias"):
            return False, False
        if self.family == "mpt" and read.flag("no_bias", default=True):
            return False, False
        whole = read.value("attention_bias", "use_bias", "enable_bias", "add_bias_linear")
        qkv = read.value("qkv_bias", "use_qkv_bias", "add_qkv_bias", "attention_qkv_bias")
        given = whole if isinstance(whole, bool) else None
        made = qkv if isinstance(qkv, bool) else (traits.qkv_bias if given is None else given)
        covers = traits.bias_covers_output and given is not None
        out = given if covers and given is not None else traits.out_bias
        return made, read.flag("attention_out_bias", default=out)

    def qk_norm(self) -> Literal["", "head", "full"]:
        read = self.reader
        named = read.value("use_qk_norm", "qk_layernorm", "use_qk_layernorm", "qk_norm")
        if isinstance(named, str):
            return "head" if named == "head" else "full" if named == "full" else ""
        if isinstance(named, bool) and self.family not in ("llama4_text",):
            if not named:
                return ""
            return self.traits.qk_norm or ("full" if self.family.startswith("cohere") else "head")
        return self.traits.qk_norm

    def latent(self) -> LatentAttention:
        read = self.reader
        return LatentAttention(
            heads=read.positive("num_attention_heads"),
            query_rank=read.whole_or_none("q_lora_rank"),
            latent=read.positive("kv_lora_rank"),
            plain_dim=read.positive("qk_nope_head_dim"),
            rotary_dim=read.whole("qk_rope_head_dim"),
            value_dim=read.positive("v_head_dim"),
            bias=read.flag("attention_bias"),
        )

    def mlp(self, *, sparse: bool) -> Module:
        return self.experts() if sparse else self.dense()

    def dense(self) -> Mlp:
        read, traits = self.reader, self.traits
        width = read.whole_or_none(
            "intermediate_size_mlp",
            *(() if self.family == "llama4_text" else ("ffn_dim", "n_inner", "ffn_hidden_size")),
            "intermediate_size",
            "inner_dim",
        )
        if width is None:
            width = round(read.number("expansion_ratio", default=4.0) * self.hidden)
        bias = read.flag("mlp_bias", "use_mlp_bias", "use_bias", "enable_bias", default=traits.mlp_bias)
        if self.family == "falcon":
            bias = read.flag("bias")
        if self.family == "mpt":
            bias = not read.flag("no_bias", default=True)
        return Mlp(width, read.flag("gated_mlp", default=traits.gated), bias, traits.fused_mlp)

    def experts(self) -> Experts:
        read, traits = self.reader, self.traits
        count = read.positive("n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts")
        active = read.positive(
            "num_experts_per_tok", "num_experts_per_token", "moe_topk", "experts_per_token", "moe_k"
        )
        if active > count:
            raise read.wrong("num_experts_per_tok", active)
        width = read.positive("moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size")
        shared = read.whole_or_none(
            "shared_expert_intermediate_size",
            "shared_intermediate_size",
            "moe_shared_expert_intermediate_size",
        )
        if shared is None:
            shared = read.whole("n_shared_experts", "num_shared_experts", default=0) * width
        if self.family == "llama4_text":
            shared = width
        method = read.text("topk_method")
        return Experts(
            count=count,
            active=active,
            width=width,
            gated=read.flag("gated_mlp", default=traits.gated),
            shared_width=shared,
            shared_gate=self.family in ("qwen2_moe", "qwen3_next"),
            router_bias=method == "noaux_tc" if method else traits.router_bias,
            bias=traits.expert_bias,
        )
