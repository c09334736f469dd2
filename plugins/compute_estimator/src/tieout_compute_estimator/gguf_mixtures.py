"""Which tensor gets which block type in a GGUF quantisation such as Q4_K_M.

The rules are those of llama.cpp's ``llama-quantize`` (ggml-org/llama.cpp, src/llama-quant.cpp, as of 2026): a mixture
names a base type and gives some tensors more bits: the output matrix (or a tied embedding), the values, the down
projection of the first, last and every third layer between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tieout_compute_estimator.gguf_types import TYPES, BlockType

__all__ = ["MIXTURES", "Mixture", "ModelTraits", "Role", "canonical_mixture", "mixture_type", "role_of"]

MIXTURES: Final[dict[str, str]] = {
    "F32": "F32",
    "F16": "F16",
    "BF16": "BF16",
    "Q8_0": "Q8_0",
    "Q6_K": "Q6_K",
    "Q5_K_M": "Q5_K",
    "Q5_K_S": "Q5_K",
    "Q5_1": "Q5_1",
    "Q5_0": "Q5_0",
    "Q4_K_M": "Q4_K",
    "Q4_K_S": "Q4_K",
    "Q4_1": "Q4_1",
    "Q4_0": "Q4_0",
    "Q3_K_L": "Q3_K",
    "Q3_K_M": "Q3_K",
    "Q3_K_S": "Q3_K",
    "Q2_K": "Q2_K",
    "Q2_K_S": "Q2_K",
    "IQ4_NL": "IQ4_NL",
    "IQ4_XS": "IQ4_XS",
    "IQ3_M": "IQ3_S",
    "IQ3_S": "IQ3_S",
    "IQ3_XS": "IQ3_S",
    "IQ3_XXS": "IQ3_XXS",
    "IQ2_M": "IQ2_S",
    "IQ2_S": "IQ2_XS",
    "IQ2_XS": "IQ2_XS",
    "IQ2_XXS": "IQ2_XXS",
    "IQ1_M": "IQ1_M",
    "IQ1_S": "IQ1_S",
    "TQ2_0": "TQ2_0",
    "TQ1_0": "TQ1_0",
    "MXFP4_MOE": "MXFP4",
}
"""Mixture to the type that most tensors get."""

_ALSO: Final = {
    "Q5_K": "Q5_K_M",
    "Q4_K": "Q4_K_M",
    "Q3_K": "Q3_K_M",
    "FP16": "F16",
    "FP32": "F32",
    "MXFP4": "MXFP4_MOE",
}
_LARGE: Final = {
    "Q2_K_L": "Q2_K",
    "Q3_K_XL": "Q3_K_L",
    "Q4_K_L": "Q4_K_M",
    "Q5_K_L": "Q5_K_M",
    "Q6_K_L": "Q6_K",
}
"""Names under which uploaders publish a mixture with embedding and output matrix in Q8_0."""

_LOW_BITS: Final = frozenset({"IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ1_S", "IQ1_M"})
_GUIDED: Final = _LOW_BITS | {"IQ3_XXS", "Q2_K_S"}
"""Mixtures that cannot be made without an importance matrix."""

_FALLBACK: Final = {
    **dict.fromkeys(("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_XS"), "IQ4_NL"),
    **dict.fromkeys(("Q2_K", "Q3_K", "TQ1_0", "TQ2_0"), "Q4_0"),
    "Q4_K": "Q5_0",
    "Q5_K": "Q5_1",
    "Q6_K": "Q8_0",
}
_SMALL = re.compile(
    r"ffn_gate_inp|_norm\.weight|position_embd|token_types|ssm_conv1d|shortconv|altup|laurel|per_layer_model_proj"
)
_ROLES: Final = (
    ("attn_qkv.weight", "qkv"),
    ("attn_kv_b.weight", "kv_b"),
    ("attn_v.weight", "v"),
    ("attn_k.weight", "k"),
    ("attn_q.weight", "q"),
    ("attn_output.weight", "attn_output"),
    ("ffn_up", "up"),
    ("ffn_gate", "gate"),
    ("ffn_down", "down"),
)
Role = str
"""What a tensor does: ``output``, ``embedding``, ``q``, ``k``, ``v``, ``qkv``, ``attn_output``, ``up`` …, ``other``."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture by its name in llama.cpp."""

    name: str
    large_ends: bool = False
    """Whether embedding and output matrix are kept in Q8_0, as some uploaders do (``Q4_K_L``)."""
    guided: bool = False
    """Whether an importance matrix was used; it changes a few types."""
    early: bool = False
    """Q2_K as it was made before January 2024, with gate and up projection in Q3_K."""

    @property
    def base(self) -> str:
        """The type that most tensors get."""
        return MIXTURES[self.name]


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What the rules ask about a model."""

    layers: int
    sharing: float
    """Query heads per key-value head."""
    experts: int
    tied: bool
    falcon: bool = False
    named_70b: bool = False
    """Llama's 70B class: 80 layers with eight query heads per key-value head."""
    value_tensors: int = 0
    """How many layers have a tensor of values; recurrent layers have none."""


def canonical_mixture(name: str) -> Mixture | None:
    """The mixture called ``name`` in any case, also with an uploader's ``UD-`` or ``i1-``; ``None`` if unknown."""
    plain = name.strip().upper().replace("-", "_").removeprefix("UD_").removeprefix("I1_")
    plain = _ALSO.get(plain, plain)
    if plain in _LARGE:
        return Mixture(_LARGE[plain], large_ends=True)
    return Mixture(plain, guided=plain in _GUIDED) if plain in MIXTURES else None


def role_of(name: str) -> Role:
    """The role of a tensor by its GGUF name."""
    if name == "output.weight":
        return "output"
    if name in ("token_embd.weight", "per_layer_token_embd.weight"):
        return "embedding"
    return next((role for part, role in _ROLES if part in name), "other")


def more_bits(layer: int, layers: int) -> bool:
    """The first and last eighth of the layers, and every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def mixture_type(
    mixture: Mixture,
    traits: ModelTraits,
    *,
    name: str,
    dimensions: int,
    columns: int,
    copies: int,
    layer: int,
    value_index: int,
) -> BlockType:
    """The block type of one tensor.

    Args:
        name: GGUF name within its layer.
        dimensions: 1 for norms and biases, which stay F32.
        columns: First dimension; a type whose blocks do not divide it is replaced.
        copies: Experts in the tensor.
        layer: Number of its layer from zero.
        value_index: How many value tensors came before it.
    """
    base = mixture.base
    if dimensions < 2 or not name.endswith("weight") or _SMALL.search(name):
        # Converters keep norms, biases, routers and convolutions in F32; positions stay in the file's float type.
        return TYPES["F32"]
    if base in ("F32", "F16", "BF16"):
        return TYPES[base]
    chosen = _chosen(mixture, traits, role_of(name), columns, copies, layer, value_index)
    if columns % TYPES[chosen].block:
        chosen = _FALLBACK.get(chosen, "F16")
        if columns % TYPES[chosen].block:
            chosen = "F16"
    return TYPES[chosen]


def _chosen(
    mixture: Mixture, traits: ModelTraits, role: Role, columns: int, copies: int, layer: int, value_index: int
) -> str:
    name, base = mixture.name, mixture.base
    if mixture.large_ends and role in ("output", "embedding"):
        return "Q8_0"
    if role == "output" or (traits.tied and role == "embedding"):
        return _output(name, base, traits, columns)
    if name == "MXFP4_MOE":
        return "MXFP4" if copies > 1 else "Q8_0"
    if role == "embedding":
        return _embedding(name, base)
    if name in _LOW_BITS:
        return _low_bits(name, base, traits, role, layer)
    match role:
        case "v" | "qkv" | "kv_b":
            return _values(mixture, traits, role, value_index)
        case "k" | "q":
            if role == "k" and traits.experts == 8:
                return "Q8_0"
            return {"IQ3_XS": "IQ3_XXS", "IQ3_XXS": "IQ2_S"}.get(name, base)
        case "down":
            return _down(mixture, traits, layer)
        case "attn_output":
            return _attention_output(name, base, traits)
        case "gate" | "up":
            if mixture.early and name == "Q2_K":
                return "Q3_K"
            inner = traits.layers // 8 <= layer < 7 * traits.layers // 8
            return "IQ3_XXS" if name == "IQ3_XS" and inner else base
        case _:
            return base


def _output(name: str, base: str, traits: ModelTraits, columns: int) -> str:
    if name == "MXFP4_MOE" or traits.falcon or columns % TYPES[base].block:
        return "Q8_0"
    if name in _LOW_BITS or name == "IQ3_XXS":
        return "Q5_K"
    return base if base == "Q8_0" else "Q6_K"


def _embedding(name: str, base: str) -> str:
    if name in ("IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M"):
        return "Q2_K"
    if name in ("IQ2_S", "IQ2_M", "IQ3_XXS"):
        return "IQ3_S"
    return "Q4_K" if name in ("TQ1_0", "TQ2_0") else base


def _low_bits(name: str, base: str, traits: ModelTraits, role: Role, layer: int) -> str:
    better = "IQ3_S" if name in ("IQ2_S", "IQ2_M") else "Q2_K"
    if role in ("v", "qkv", "kv_b"):
        return "Q4_K" if traits.sharing >= 4 or traits.experts >= 4 else better
    if role == "k" and traits.experts == 8:
        return "Q4_K"
    if role == "down":
        return better if layer < traits.layers // 8 else base
    if role == "attn_output":
        if traits.experts == 8:
            return "Q5_K"
        if name in ("IQ1_S", "IQ1_M"):
            return "IQ2_XXS"
        return "IQ3_S" if name in ("IQ2_S", "IQ2_M") else base
    return base


def _values(mixture: Mixture, traits: ModelTraits, role: Role, index: int) -> str:
    if traits.experts == 8:
        return "Q8_0"
    chosen = _shared_values(mixture, traits, index)
    if traits.named_70b and chosen in ("Q3_K", "Q4_K"):
        # Eight heads share these values: more bits cost little.
        return "Q5_K"
    return chosen


def _shared_values(mixture: Mixture, traits: ModelTraits, index: int) -> str:
    name, base, grouped = mixture.name, mixture.base, traits.sharing >= 4
    count = traits.value_tensors or traits.layers
    match name:
        case "Q2_K":
            return "Q4_K" if grouped else "Q3_K"
        case "Q2_K_S" | "IQ3_XS" | "IQ3_S" if grouped:
            return "Q4_K"
        case "IQ3_XXS":
            return "Q4_K" if grouped else "IQ3_XXS" if mixture.guided else "IQ3_S"
        case "IQ3_M":
            return "Q4_K"
        case "Q3_K_M":
            return "Q5_K" if index < 2 else "Q4_K"
        case "Q3_K_L":
            return "Q5_K"
        case "IQ4_NL" | "IQ4_XS" if grouped:
            return "Q5_K"
        case "Q4_K_M" | "Q5_K_M" if more_bits(index, count):
            return "Q6_K"
        case "Q4_K_S" if index < 4:
            return "Q5_K"
        case _:
            return base


def _down(mixture: Mixture, traits: ModelTraits, layer: int) -> str:
    name, base, layers = mixture.name, mixture.base, traits.layers
    first = layer < layers // 8
    match name:
        case "Q2_K":
            return "Q3_K"
        case "Q2_K_S" if first:
            return "Q4_K"
        case "IQ3_XXS" if not mixture.guided:
            return "Q4_K" if first else "Q3_K"
        case "Q3_K_M":
            if layer < layers // 16:
                return "Q5_K"
            return "Q4_K" if not traits.falcon or more_bits(layer, layers) else "Q3_K"
        case "IQ3_M" if first or (traits.experts == 8 and more_bits(layer, layers)):
            return "Q4_K"
        case "Q3_K_L":
            return "Q4_K" if traits.falcon else "Q5_K"
        case "Q4_K_M" if traits.falcon:
            return "Q6_K" if layer < layers // 16 else "Q5_K" if more_bits(layer, layers) else base
        case "Q4_K_M" | "Q5_K_M" if more_bits(layer, layers):
            return "Q6_K"
        case "IQ4_NL" | "IQ4_XS" if first and not mixture.guided:
            return "Q5_K"
        case "Q4_K_S" if first and not traits.falcon:
            return "Q5_K"
        case "Q4_0" | "Q5_0" if mixture.guided and first:
            return "Q4_1" if name == "Q4_0" else "Q5_1"
        case _:
            return base


def _attention_output(name: str, base: str, traits: ModelTraits) -> str:
    if traits.falcon:
        return "Q4_K" if name == "Q3_K_L" else base
    if traits.experts == 8:
        kept = ("Q3_K_L", "Q5_K_S", "Q5_K_M", "Q6_K", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K_S")
        return base if name in kept or name.startswith(("F", "BF", "TQ")) else "Q5_K"
    return {"Q2_K": "Q3_K", "IQ3_XXS": "IQ3_S", "Q3_K_M": "Q4_K", "Q3_K_L": "Q5_K", "IQ3_M": "Q4_K"}.get(
        name, base
    )
